// The list of a family's functions, closing each ops file.
#pragma once

namespace skewless {

template <class... Ops>
struct FunctionList {};

}  // namespace skewless
