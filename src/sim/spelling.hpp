// Errors about words: what was written, what was probably meant, what there is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::sim {

/// The known word nearest to `word` if it is near enough to be a slip (edit distance of at most a third, with neighbouring
/// letters exchanged counting one); empty otherwise.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

/// `unknown WHAT "word"; did you mean "near"?` or the list of all that is known when nothing is near.
std::string unknown_word(std::string_view what, std::string_view word, std::span<const std::string_view> known);

}  // namespace ft::sim
