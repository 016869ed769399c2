// Assertions that stay on in release: our own mistakes stop the program where they happen.
#pragma once

namespace ft {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

#define FT_ASSERT(expression) (static_cast<bool>(expression) ? (void)0 : ::ft::assertion_failed(#expression, __FILE__, __LINE__))
