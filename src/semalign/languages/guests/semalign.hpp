// The guest of the C++ adapter: included before the program, precompiled, standard library only.
// System headers stay out of here (in semalign_runtime.hpp), for their names would collide with the program's.
#pragma once
#include <bits/stdc++.h>

#include "semalign_value.hpp"
#include "semalign_trace.hpp"
#include "semalign_driver.hpp"
