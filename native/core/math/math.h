// The elementary functions, complete for every argument: what other families call.
#pragma once
#include "core/math/exp.h"
#include "core/math/log.h"
