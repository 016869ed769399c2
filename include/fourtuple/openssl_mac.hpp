// A MacProvider made of OpenSSL's libcrypto.
#pragma once

#include "fourtuple/authentication.hpp"

namespace ft {

/// Stateless and safe to share between stacks and threads.
std::shared_ptr<const MacProvider> openssl_mac_provider();

}  // namespace ft
