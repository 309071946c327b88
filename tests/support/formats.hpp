#pragma once

#include "tests/runtime/wire/formats.hpp"
