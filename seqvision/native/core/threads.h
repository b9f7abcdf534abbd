// A few threads that wait for work.
#pragma once

#include <functional>

// Calls `work(part)` for each part from 0, side by side where threads are free; returns when all
// are done. Which thread does which part never changes a number.
void in_parts(int parts, const std::function<void(int)>& work);
