#pragma once

#include <memory>

#include <cjose/jwk.h>

/// For the files that call cjose; all others see names only.
namespace machine::security {

struct jwk_release {
  void operator()(cjose_jwk_t* x) const {
    cjose_jwk_release(x);
  }
};

/// A key of cjose. It counts its owners without atomics, so there is one owner
/// here, and `std::shared_ptr` counts.
struct public_key {
  std::unique_ptr<cjose_jwk_t, jwk_release> handle;
};

} // namespace machine::security
