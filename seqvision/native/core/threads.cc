#include "threads.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "core.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace {

// How a thread rounds and whether it takes denormal numbers for zeros: TensorFlow sets this for its
// threads, and a part computes as the caller would.
unsigned control_word() {
#if defined(__SSE__)
  return _mm_getcsr();
#else
  return 0;
#endif
}

void set_control_word([[maybe_unused]] unsigned word) {
#if defined(__SSE__)
  _mm_setcsr(word);
#endif
}

// Waits for what comes within the time that sleeping and waking would take: a layer goes back in
// stretches, each over in some hundred microseconds.
template <class Condition>
bool spin(const Condition& holds) {
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + std::chrono::microseconds(50);
  do {
    for (int i = 0; i < 32; ++i) {
      if (holds()) return true;
#if defined(__SSE__)
      _mm_pause();
#endif
    }
  } while (clock::now() < end);
  return false;
}

class Pool {
 public:
  // Does all parts, of which idle threads take some.
  void run(int parts, const std::function<void(int)>& work) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (static_cast<int>(threads_) < parts - 1) {
      std::thread([this] { wait_for_work(); }).detach();
      ++threads_;
    }
    work_ = &work;
    parts_ = parts;
    next_ = 0;
    left_ = parts;
    word_ = control_word();
    ++calls_;
    if (asleep_) begun_.notify_all();
    do_parts(lock);
    if (left_) {
      lock.unlock();
      spin([this] { return left_ == 0; });
      lock.lock();
      done_.wait(lock, [this] { return left_ == 0; });
    }
    work_ = nullptr;
  }

  std::mutex busy;  // Held by the caller whose work it does.

 private:
  void do_parts(std::unique_lock<std::mutex>& lock) {
    while (work_ && next_ < parts_) {
      const int part = next_++;
      const auto& work = *work_;
      lock.unlock();
      work(part);
      lock.lock();
      if (--left_ == 0) done_.notify_all();
    }
  }

  [[noreturn]] void wait_for_work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      ++asleep_;
      begun_.wait(lock, [this] { return work_ && next_ < parts_; });
      --asleep_;
      for (unsigned seen = calls_;; seen = calls_) {
        set_control_word(word_);
        do_parts(lock);
        lock.unlock();
        const bool more = spin([&] { return calls_ != seen; });
        lock.lock();
        if (!more) break;
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable begun_, done_;
  const std::function<void(int)>* work_ = nullptr;
  int parts_ = 0, next_ = 0;
  std::atomic<int> left_{0};
  std::atomic<unsigned> calls_{0};
  unsigned threads_ = 0, asleep_ = 0, word_ = 0;
};

// Never destroyed: its threads may outlive the end of main. A forked process has none of its
// parent's threads, so it gets a pool of its own, and leaves the team's alone.
std::atomic<Pool*> pool{nullptr};
std::atomic<sv_team> team{nullptr};

void watch_forks() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] {
    pool = nullptr;
    team = nullptr;
  });
  (void)registered;
}

Pool& the_pool() {
  watch_forks();
  Pool* now = pool;
  if (!now) {
    Pool* made = new Pool;
    if (pool.compare_exchange_strong(now, made)) return *made;
    delete made;
  }
  return *now;
}

// What a team's threads share. A team may be smaller than it was asked to be, so a thread takes
// parts as long as there are any.
struct Shared {
  const std::function<void(int)>& work;
  const int parts;
  const unsigned word;
  std::atomic<int> next{0};

  void take() {
    const unsigned before = control_word();
    set_control_word(word);
    for (int part = next++; part < parts; part = next++) work(part);
    set_control_word(before);
  }
};

}  // namespace

void in_parts(int parts, const std::function<void(int)>& work) {
  if (parts > 1) {
    Pool& pool = the_pool();
    std::unique_lock<std::mutex> mine(pool.busy, std::try_to_lock);
    if (mine) {
      const sv_team threads = team;
      if (!threads) return pool.run(parts, work);
      Shared shared{work, parts, control_word()};
      return threads([](void* all) { static_cast<Shared*>(all)->take(); }, &shared, parts, 0);
    }
  }
  // Somebody else's work keeps the threads busy: this thread does all of its own.
  for (int part = 0; part < parts; ++part) work(part);
}

void sv_set_team(sv_team threads) {
  watch_forks();
  team = threads;
}
