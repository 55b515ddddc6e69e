// One generic call reaches every ATen operator: arguments are converted by the operator's schema and
// passed boxed through c10's dispatcher, so autograd, autocast and devices work as in Python.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include "engine.h"

namespace engine {
namespace {

struct Operator {
  c10::OperatorHandle handle;
  std::vector<c10::TypePtr> types;
  std::string name;
};

// Handles are never removed, so an index stays valid for the life of the process.
std::vector<Operator>& operators() {
  static std::vector<Operator> table;
  return table;
}

c10::IValue convert(Napi::Env env, const Napi::Value& value, const c10::TypePtr& type);

int64_t toInt(const Napi::Value& value) {
  // Asking for the number at once saves asking for its type first.
  int64_t number;
  if (napi_get_value_int64(value.Env(), value, &number) == napi_ok) return number;
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value() ? 1 : 0;
  throw std::invalid_argument("expected an integer");
}

// A number without fraction becomes an integer scalar, as a Python int would.
c10::Scalar toScalar(const Napi::Value& value) {
  double number;
  if (napi_get_value_double(value.Env(), value, &number) != napi_ok) {
    if (value.IsBoolean()) return c10::Scalar(value.As<Napi::Boolean>().Value());
    throw std::invalid_argument("expected a number");
  }
  int64_t whole = static_cast<int64_t>(number);
  if (static_cast<double>(whole) == number && std::abs(number) < 9007199254740992.0) return c10::Scalar(whole);
  return c10::Scalar(number);
}

c10::IValue convertList(Napi::Env env, const Napi::Value& value, const c10::TypePtr& element) {
  if (!value.IsArray()) {
    // As in Python, a single integer stands for a list of one (`int[1] dim`).
    if (value.IsNumber() && element->kind() != c10::TypeKind::TensorType) {
      return c10::List<int64_t>({toInt(value)});
    }
    throw std::invalid_argument("expected an array");
  }
  Napi::Array array = value.As<Napi::Array>();
  uint32_t length = array.Length();
  switch (element->kind()) {
    case c10::TypeKind::TensorType: {
      c10::List<at::Tensor> list;
      list.reserve(length);
      for (uint32_t i = 0; i < length; i++) list.push_back(slots(env).at(toInt(array.Get(i))));
      return list;
    }
    case c10::TypeKind::OptionalType: {
      c10::List<c10::optional<at::Tensor>> list;
      list.reserve(length);
      for (uint32_t i = 0; i < length; i++) {
        Napi::Value item = array.Get(i);
        if (item.IsNull() || item.IsUndefined()) list.push_back(c10::nullopt);
        else list.push_back(c10::optional<at::Tensor>(slots(env).at(toInt(item))));
      }
      return list;
    }
    case c10::TypeKind::FloatType: {
      c10::List<double> list;
      for (uint32_t i = 0; i < length; i++) list.push_back(Napi::Value(array.Get(i)).As<Napi::Number>().DoubleValue());
      return list;
    }
    case c10::TypeKind::BoolType: {
      c10::List<bool> list;
      for (uint32_t i = 0; i < length; i++) list.push_back(Napi::Value(array.Get(i)).ToBoolean().Value());
      return list;
    }
    case c10::TypeKind::NumberType: {
      c10::List<c10::Scalar> list;
      for (uint32_t i = 0; i < length; i++) list.push_back(toScalar(array.Get(i)));
      return c10::IValue(list);
    }
    default: {
      c10::List<int64_t> list;
      list.reserve(length);
      for (uint32_t i = 0; i < length; i++) list.push_back(toInt(array.Get(i)));
      return list;
    }
  }
}

c10::IValue convert(Napi::Env env, const Napi::Value& value, const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return slots(env).at(toInt(value));
    case c10::TypeKind::OptionalType:
      if (value.IsNull() || value.IsUndefined()) return c10::IValue();
      return convert(env, value, type->expectRef<c10::OptionalType>().getElementType());
    case c10::TypeKind::ListType:
      return convertList(env, value, type->expectRef<c10::ListType>().getElementType());
    case c10::TypeKind::NumberType:
      return toScalar(value);
    case c10::TypeKind::FloatType:
      return value.As<Napi::Number>().DoubleValue();
    case c10::TypeKind::BoolType:
      return value.ToBoolean().Value();
    case c10::TypeKind::StringType:
      return value.As<Napi::String>().Utf8Value();
    case c10::TypeKind::DeviceObjType:
      return c10::Device(value.As<Napi::String>().Utf8Value());
    case c10::TypeKind::GeneratorType:
      return c10::IValue();
    default:
      return toInt(value);
  }
}

Napi::Value result(Napi::Env env, const c10::IValue& value) {
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    if (!tensor.defined()) return env.Null();
    return Napi::Number::New(env, static_cast<double>(slots(env).put(tensor)));
  }
  if (value.isTensorList()) {
    auto list = value.toTensorVector();
    Napi::Array array = Napi::Array::New(env, list.size());
    for (size_t i = 0; i < list.size(); i++) {
      array.Set(i, Napi::Number::New(env, static_cast<double>(slots(env).put(list[i]))));
    }
    return array;
  }
  if (value.isDouble()) return Napi::Number::New(env, value.toDouble());
  if (value.isInt()) return Napi::Number::New(env, static_cast<double>(value.toInt()));
  if (value.isBool()) return Napi::Boolean::New(env, value.toBool());
  return env.Null();
}

// findOperator(name, overload) -> index, or -1 when this libtorch has no such operator.
Napi::Value findOperator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    std::string name = info[0].As<Napi::String>().Utf8Value();
    std::string overload = info[1].As<Napi::String>().Utf8Value();
    auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!handle.has_value()) return Napi::Number::New(info.Env(), -1);
    std::vector<c10::TypePtr> types;
    for (const auto& argument : handle->schema().arguments()) types.push_back(argument.type());
    operators().push_back({*handle, std::move(types), overload.empty() ? name : name + "." + overload});
    return Napi::Number::New(info.Env(), static_cast<double>(operators().size() - 1));
  });
}

// call(index, ...arguments): missing trailing arguments take the schema's defaults.
Napi::Value call(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Operator& op = operators().at(info[0].As<Napi::Number>().Uint32Value());
  try {
    const auto& arguments = op.handle.schema().arguments();
    torch::jit::Stack stack;
    stack.reserve(op.types.size());
    for (size_t i = 0; i < op.types.size(); i++) {
      bool given = i + 1 < info.Length() && !info[i + 1].IsUndefined();
      if (given) {
        try {
          stack.push_back(convert(env, info[i + 1], op.types[i]));
        } catch (const std::exception& error) {
          throw std::invalid_argument("argument '" + arguments[i].name() + "': " + error.what());
        }
      } else if (arguments[i].default_value().has_value()) {
        stack.push_back(*arguments[i].default_value());
      } else if (op.types[i]->kind() == c10::TypeKind::OptionalType) {
        stack.emplace_back();
      } else {
        throw std::invalid_argument("argument '" + arguments[i].name() + "': expected a value, got none");
      }
    }
    op.handle.callBoxed(&stack);
    if (stack.empty()) return env.Undefined();
    if (stack.size() == 1) return result(env, stack[0]);
    Napi::Array array = Napi::Array::New(env, stack.size());
    for (size_t i = 0; i < stack.size(); i++) array.Set(i, result(env, stack[i]));
    return array;
  } catch (const c10::Error& error) {
    throw Napi::Error::New(env, op.name + ": " + firstLine(error.what_without_backtrace()));
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Napi::Error::New(env, op.name + ": " + error.what());
  }
}

}  // namespace

void registerCall(Napi::Env env, Napi::Object exports) {
  exports.Set("findOperator", Napi::Function::New(env, findOperator));
  exports.Set("call", Napi::Function::New(env, call));
}

}  // namespace engine
