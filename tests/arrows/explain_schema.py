"""explain_schema.py ROOT FOURTUPLE CAPTURE...: what explain and why print as JSON is what docs/reference/explain.schema.json says.

Only the words of JSON Schema that the schema uses are known here; one that is not known is an error, so that nothing is passed over.
"""
import json
import pathlib
import subprocess
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
KNOWN = {"$schema", "$comment", "title", "$defs", "$ref", "type", "const", "enum", "required", "additionalProperties", "properties",
         "items", "minItems", "maxItems", "minimum", "maximum", "anyOf"}


def is_of(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def problems_of(value, schema, root, where="$"):
    """Sentences about what is wrong with `value`."""
    unknown = set(schema) - KNOWN
    if unknown:
        return [f"{where}: the schema says {sorted(unknown)}, which this check does not know"]
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return problems_of(value, target, root, where)
    found = []
    if "anyOf" in schema and all(problems_of(value, choice, root, where) for choice in schema["anyOf"]):
        found.append(f"{where}: none of the choices fits")
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_of(value, name) for name in names):
            return found + [f"{where}: {value!r} is no {' or '.join(names)}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{where}: {value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if is_of(value, "number"):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            found.append(f"{where}: {value} is out of bounds")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{where}: {len(value)} items")
        for index, item in enumerate(value):
            found += problems_of(item, schema.get("items", {}), root, f"{where}[{index}]")
    if isinstance(value, dict):
        found += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        others = schema.get("additionalProperties", True)
        for name, item in value.items():
            if name in schema.get("properties", {}):
                found += problems_of(item, schema["properties"][name], root, f"{where}.{name}")
            elif others is False:
                found.append(f"{where}: {name} is not in the schema")
            elif isinstance(others, dict):
                found += problems_of(item, others, root, f"{where}.{name}")
    return found


def printed(program, *arguments):
    run = subprocess.run([program, *arguments], capture_output=True, encoding="utf-8")
    return json.loads(run.stdout), run.returncode


def main():
    root, program, *captures = sys.argv[1:]
    schema = json.loads((pathlib.Path(root) / "docs/reference/explain.schema.json").read_text(encoding="utf-8"))
    found = []
    for capture in captures:
        for lang in ("en", "zh"):
            document, _ = printed(program, "explain", "--json", "--lang", lang, capture)
            found += [f"{capture}: {problem}" for problem in problems_of(document, schema, schema)]
            answer, status = printed(program, "why", "--json", "--lang", lang, capture)
            found += [f"{capture}: why: {problem}" for problem in problems_of(answer, schema["$defs"]["why"], schema)]
            if answer["exit_code"] != status:
                found.append(f"{capture}: why says {answer['exit_code']} and exits with {status}")
        other = capture.replace(".client.", ".server.")
        if other != capture and other in captures:
            document, _ = printed(program, "explain", "--json", capture, "--with", other)
            found += [f"{capture} with {other}: {problem}" for problem in problems_of(document, schema, schema)]
            assert any("proof" in finding for connection in document["connections"] for finding in connection["findings"]), other
    assert problems_of({}, schema, schema), "a check that finds nothing wrong with nothing"
    print("\n".join(found) or f"the JSON of {len(captures)} captures is as the schema says")
    sys.exit(1 if found or not captures else 0)


if __name__ == "__main__":
    main()
