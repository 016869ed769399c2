// Which segments must be signed (TCP-MD5, TCP-AO): the keys that live beside the table of connections, one entry a four-tuple.
#include "stack/impl.hpp"

namespace ft {

std::shared_ptr<stack::Authenticator> Stack::Impl::authenticator_of(const FourTuple& tuple) const {
  if (authenticators_.empty()) return nullptr;
  const auto found = authenticators_.find(tuple);
  return found == authenticators_.end() ? nullptr : found->second;
}

DropReason Stack::Impl::check_signature(const FourTuple& tuple, bool known, const wire::TcpHeader& header,
                                        std::span<const std::byte> segment) {
  auto authenticator = authenticator_of(tuple);
  if (authenticator == nullptr && !known) {
    const auto listener = listener_for(tuple.local);
    if (listener) authenticator = stack::Authenticator::make(listeners_.at(*listener).authentication, tuple);
    if (authenticator != nullptr) {
      authenticators_.emplace(tuple, authenticator);
      orphans_.push_back(tuple);  // unless the segment makes a record
    }
  }
  if (authenticator == nullptr) {
    // RFC 5925 7.3: an option of TCP-AO that nobody holds a key for is passed over
    const auto& signature = header.options.signature;
    const bool md5 = signature && signature->kind == wire::Signature::Kind::md5;
    return md5 ? DropReason::signature_unexpected : DropReason::none;
  }
  switch (authenticator->check(header, segment)) {
    case stack::Authenticator::Verdict::missing:
      return DropReason::signature_missing;
    case stack::Authenticator::Verdict::bad:
      return DropReason::signature_bad;
    case stack::Authenticator::Verdict::good:
      break;
  }
  return DropReason::none;
}

void Stack::Impl::leave_table(Ref ref) {
  if (!authenticators_.empty()) orphans_.push_back(records_.tuple_of(ref));
  demux_.erase(ref);
}

void Stack::Impl::forget_orphans() {
  for (const FourTuple& tuple : orphans_)
    if (!demux_.find(tuple)) authenticators_.erase(tuple);
  orphans_.clear();
}

std::expected<void, Error> Stack::Impl::use_key(ConnectionId id, std::uint8_t receive_id) {
  const Entry* entry = find(id);
  if (entry == nullptr) return std::unexpected(Error::invalid_handle);
  const auto authenticator = authenticator_of(entry->tuple);
  if (authenticator == nullptr || !authenticator->use_key(receive_id)) return std::unexpected(Error::invalid_argument);
  return {};
}

}  // namespace ft
