// A row model as JavaScript holds it: compiled or of ONNX Runtime, made by one file of the add-on, called by another.
#pragma once
#include <napi.h>

#include <memory>

#include "score/row_model.h"

namespace skewless::addon {

// { handle, block: ArrayBuffer, width, outputs: [{ element, width, offset }] }; the block keeps the model alive.
Napi::Object wrap_row_model(Napi::Env env, std::shared_ptr<score::RowModel> model);
// Of the handle; throws a TypeError when the value is not a row model of this add-on.
const std::shared_ptr<score::RowModel>& unwrap_row_model(const Napi::Value& value);

}  // namespace skewless::addon
