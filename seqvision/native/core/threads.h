// A few threads that wait for work.
#pragma once

#include <algorithm>
#include <functional>

// Calls `work(part)` for each part from 0, side by side where threads are free; returns when all
// are done. Which thread does which part never changes a number.
void in_parts(int parts, const std::function<void(int)>& work);

// Calls `each(n)` for each n below `count`, some in a row on at most `threads` threads.
template <class Each>
void each_of(long count, long threads, const Each& each) {
  const long parts = std::max(1L, std::min(threads, count));
  in_parts(parts, [&](int part) {
    const long end = count * (part + 1) / parts;
    for (long n = count * part / parts; n < end; ++n) each(n);
  });
}

// So for each sample of a batch.
template <class Of, class Each>
void each_sample(const Of& of, const Each& each) {
  each_of(of.batch, of.threads, each);
}
