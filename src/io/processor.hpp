// Where the calling thread runs. Schedulers take two threads that wake each other for companions and put both on one processor;
// two that mean to work side by side say so.
#pragma once

namespace ft::io {

/// The processor that runs the calling thread now; -1 when nobody knows.
int this_processor();
/// From now on the calling thread runs on any other that it may use. Without effect when there is none.
void stay_off(int processor);

}  // namespace ft::io
