// A few threads that wait for work.
#pragma once

#include <algorithm>
#include <functional>

// Calls `work(part)` for each part from 0, side by side where threads are free; returns when all
// are done. Which thread does which part never changes a number.
void in_parts(int parts, const std::function<void(int)>& work);

// Calls `each(row)` for each sample of a batch, some in a row on as many threads as `of` has.
template <class Of, class Each>
void each_sample(const Of& of, const Each& each) {
  const long threads = std::max(1L, std::min<long>(of.threads, of.batch));
  in_parts(threads, [&](int part) {
    const long end = of.batch * (part + 1) / threads;
    for (long row = of.batch * part / threads; row < end; ++row) each(row);
  });
}
