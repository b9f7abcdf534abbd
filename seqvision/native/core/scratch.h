// Memory of a thread, kept from call to call.
#pragma once

#include <array>
#include <cstdlib>
#include <initializer_list>
#include <new>

namespace SV_ARCH {

class Memory {
 public:
  ~Memory() { std::free(begin_); }
  float* at_least(long floats) {
    if (floats > size_) {
      std::free(begin_);
      begin_ = static_cast<float*>(std::aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64));
      size_ = begin_ ? floats : 0;
      if (!begin_) throw std::bad_alloc();
    }
    return begin_;
  }

 private:
  float* begin_ = nullptr;
  long size_ = 0;
};

// What a call shares with all threads, and what a thread has for its part.
inline Memory& callers_scratch() {
  thread_local Memory memory;
  return memory;
}

inline Memory& own_scratch() {
  thread_local Memory memory;
  return memory;
}

// Several stretches of a thread's memory, each aligned to a line of the cache.
class Scratch {
 public:
  Scratch(Memory& memory, std::initializer_list<long> sizes) {
    long total = 0;
    for (long size : sizes) total += aligned(size);
    float* at = memory.at_least(total);
    int k = 0;
    for (long size : sizes) {
      parts_[k++] = at;
      at += aligned(size);
    }
  }
  float* operator[](int k) const { return parts_[k]; }

 private:
  static long aligned(long size) { return (size + 15) / 16 * 16; }
  std::array<float*, 8> parts_{};
};

}  // namespace SV_ARCH
