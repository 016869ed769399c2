#include "fourtuple/openssl_mac.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>

namespace ft {

namespace {

struct Free {
  void operator()(EVP_MAC* p) const { EVP_MAC_free(p); }
  void operator()(EVP_MAC_CTX* p) const { EVP_MAC_CTX_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};
using Parts = std::span<const std::span<const std::byte>>;

const unsigned char* begin_of(std::span<const std::byte> s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* begin_of_output(std::span<std::byte> s) { return reinterpret_cast<unsigned char*>(s.data()); }

std::size_t digest_md5(Parts parts, std::span<std::byte, 20> out) {
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1) return 0;
  for (const auto& part : parts)
    if (EVP_DigestUpdate(context.get(), part.data(), part.size()) != 1) return 0;
  unsigned length = 0;
  return EVP_DigestFinal_ex(context.get(), begin_of_output(out), &length) == 1 ? length : 0;
}

std::size_t mac(const char* name, const OSSL_PARAM* params, std::span<const std::byte> key, Parts parts,
                std::span<std::byte, 20> out) {
  const std::unique_ptr<EVP_MAC, Free> algorithm(EVP_MAC_fetch(nullptr, name, nullptr));
  if (algorithm == nullptr) return 0;
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_new(algorithm.get()));
  if (context == nullptr || EVP_MAC_init(context.get(), begin_of(key), key.size(), params) != 1) return 0;
  for (const auto& part : parts)
    if (EVP_MAC_update(context.get(), begin_of(part), part.size()) != 1) return 0;
  std::size_t length = 0;
  return EVP_MAC_final(context.get(), begin_of_output(out), &length, out.size()) == 1 ? length : 0;
}

class OpensslMac final : public MacProvider {
 public:
  std::size_t compute(Algorithm algorithm, std::span<const std::byte> key, Parts parts,
                      std::span<std::byte, 20> out) const override {
    char sha1[] = "SHA1";
    char aes[] = "AES-128-CBC";
    const std::array hmac{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1, 0), OSSL_PARAM_construct_end()};
    const std::array cmac{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, aes, 0), OSSL_PARAM_construct_end()};
    switch (algorithm) {
      case Algorithm::md5:
        return digest_md5(parts, out);
      case Algorithm::hmac_sha1:
        return mac("HMAC", hmac.data(), key, parts, out);
      case Algorithm::aes_128_cmac:
        return mac("CMAC", cmac.data(), key, parts, out);
    }
    return 0;
  }
};

}  // namespace

std::shared_ptr<const MacProvider> openssl_mac_provider() { return std::make_shared<const OpensslMac>(); }

}  // namespace ft
