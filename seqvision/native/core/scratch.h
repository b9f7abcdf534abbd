// Memory of a thread, kept from call to call.
#pragma once

#include <pthread.h>

#include <array>
#include <initializer_list>
#include <new>

namespace SV_ARCH {

class Memory {
 public:
  ~Memory() { release(); }
  float* at_least(long floats) {
    if (floats > size_) {
      release();
      begin_ = static_cast<float*>(::operator new(floats * sizeof(float), kLine));
      size_ = floats;
    }
    return begin_;
  }

 private:
  // Of C++ itself: Windows has no std::aligned_alloc.
  static constexpr std::align_val_t kLine{64};
  void release() {
    ::operator delete(begin_, kLine);
    begin_ = nullptr;
    size_ = 0;
  }
  float* begin_ = nullptr;
  long size_ = 0;
};

// One of a thread's memories, freed when the thread ends. A `thread_local` would do, but MinGW frees
// what holds it before its destructor runs.
template <int number>
Memory& of_this_thread() {
  static const pthread_key_t key = [] {
    pthread_key_t made;
    pthread_key_create(&made, [](void* memory) { delete static_cast<Memory*>(memory); });
    return made;
  }();
  auto* memory = static_cast<Memory*>(pthread_getspecific(key));
  if (!memory) pthread_setspecific(key, memory = new Memory);
  return *memory;
}

// What a call shares with all threads, and what a thread has for its part.
inline Memory& callers_scratch() { return of_this_thread<0>(); }
inline Memory& own_scratch() { return of_this_thread<1>(); }

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
