// An optional value with the room of a pointer: for what few of many objects have.
//
// As std::optional, it is a value: a copy has a copy of it.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace idled {

template <typename T>
class BoxedOptional {
 public:
  BoxedOptional() = default;
  ~BoxedOptional() = default;
  // As of std::optional: a value is one that is there.
  BoxedOptional(T value) : box_(std::make_unique<T>(std::move(value))) {}  // NOLINT(*-explicit-*)
  BoxedOptional(std::optional<T> value)                                    // NOLINT(*-explicit-*)
      : box_(value ? std::make_unique<T>(*std::move(value)) : nullptr) {}
  BoxedOptional(const BoxedOptional& other) { *this = other; }
  BoxedOptional(BoxedOptional&&) noexcept = default;
  BoxedOptional& operator=(const BoxedOptional& other) {
    if (this != &other) box_ = other.box_ ? std::make_unique<T>(*other.box_) : nullptr;
    return *this;
  }
  BoxedOptional& operator=(BoxedOptional&&) noexcept = default;

  [[nodiscard]] bool has_value() const { return box_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  // It must be there.
  T& operator*() { return *box_; }
  const T& operator*() const { return *box_; }
  T* operator->() { return box_.get(); }
  const T* operator->() const { return box_.get(); }
  void reset() { box_.reset(); }

  // As std::optional compares.
  friend bool operator==(const BoxedOptional& a, const BoxedOptional& b) {
    return a && b ? *a == *b : !a && !b;
  }
  friend bool operator==(const BoxedOptional& a, const std::optional<T>& b) {
    return a && b ? *a == *b : !a && !b;
  }
  template <typename U>
  friend bool operator==(const BoxedOptional& a, const U& b) {
    return a && *a == b;
  }

 private:
  std::unique_ptr<T> box_;
};

}  // namespace idled
