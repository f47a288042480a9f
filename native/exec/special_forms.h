// if, coalesce, isNull, isNotNull, and, or: forms that look at the states of their arguments rather than at
// their values alone. Both modes evaluate every argument; a failure in an argument that the form does not pick
// is dropped, which is what evaluating only the picked one would give.
#pragma once
#include "exec/kernels.h"

namespace skewless::special {

struct Stateless {};
inline const void* create(const Params&, const char**) {
  static const Stateless instance;
  return &instance;
}
inline void destroy(const void*) {}

template <class T>
SK_INLINE void copy_register(const RowInstruction& in, const RowFrame& f, int from) {
  f.set<T>(in.out_offset, f.get<T>(in.offsets[from]));
  const uint8_t state = f.states[in.registers[from]];
  f.states[in.out_register] = state;
  if (state >= kFailedState) f.failures[in.out_register] = f.failures[in.registers[from]];
}

SK_INLINE void set_failed(const RowInstruction& in, const RowFrame& f, int from) {
  f.states[in.out_register] = kFailedState;
  f.failures[in.out_register] = f.failures[in.registers[from]];
}

// out = pick[i] ? a : b for values, presence and failures alike.
template <class T>
SK_INLINE void select_values(const uint8_t* SK_RESTRICT pick, const T* SK_RESTRICT a, const T* SK_RESTRICT b,
                             T* SK_RESTRICT out, int rows) {
  for (int i = 0; i < rows; ++i) out[i] = pick[i] ? a[i] : b[i];
}

SK_INLINE uint64_t pack_word(const uint8_t* bytes, int count) {
  uint64_t word = 0;
  for (int i = 0; i < count; ++i) word |= static_cast<uint64_t>(bytes[i] & 1) << i;
  return word;
}

inline void select_states(const uint8_t* pick, const Column& a, const Column& b, Column& out, int rows) {
  out.validity = nullptr;
  out.failures = nullptr;
  if (a.validity || b.validity) {
    for (int w = 0; w * 64 < rows; ++w) {
      const uint64_t p = pack_word(pick + w * 64, rows - w * 64 < 64 ? rows - w * 64 : 64);
      const uint64_t va = a.validity ? a.validity[w] : ~uint64_t{0};
      const uint64_t vb = b.validity ? b.validity[w] : ~uint64_t{0};
      out.validity_storage[w] = (p & va) | (~p & vb);
    }
    out.validity = out.validity_storage;
  }
  if (a.failures || b.failures) {
    for (int i = 0; i < rows; ++i) {
      const Column& from = pick[i] ? a : b;
      out.failure_storage[i] = from.failures ? from.failures[i] : Failure{0, Outcome::kOk};
    }
    out.failures = out.failure_storage;
  }
}

// Rows whose argument failed fail whatever was picked.
inline void overlay_failures(const Column& arg, Column& out, int rows) {
  if (!arg.failures) return;
  if (!out.failures) {
    for (int i = 0; i < rows; ++i) out.failure_storage[i] = {0, Outcome::kOk};
    out.failures = out.failure_storage;
  }
  if (!out.validity) {
    for (int w = 0; w < kChunkWords; ++w) out.validity_storage[w] = ~uint64_t{0};
    out.validity = out.validity_storage;
  }
  for (int i = 0; i < rows; ++i) {
    if (arg.failures[i].code == Outcome::kOk) continue;
    out.failures[i] = arg.failures[i];
    out.validity[i >> 6] &= ~(uint64_t{1} << (i & 63));
  }
}

inline void presence_bytes(const Column& c, uint8_t* bytes, int rows) {
  for (int i = 0; i < rows; ++i) bytes[i] = is_present(c, i);
}

// ---- if --------------------------------------------------------------------------------------------------

constexpr Doc kIfDoc{"if", "condition, then, otherwise",
                     "`then` where the condition is true, `otherwise` where it is false or null. A failure in the "
                     "value that is not taken is ignored.",
                     "[true, 1, 2] -> 1; [null, 1, 2] -> 2; [false, 1, null] -> null"};

inline unsigned if_flow(const FunctionEntry&, const unsigned* args) { return args[1] | args[2] | (args[0] & kMayFail); }

template <class T>
void if_row(const RowInstruction& in, const RowFrame& f) {
  const uint8_t state = f.states[in.registers[0]];
  if (SK_UNLIKELY(state >= kFailedState)) return set_failed(in, f, 0);
  copy_register<T>(in, f, state == kPresent && f.get<bool>(in.offsets[0]) ? 1 : 2);
}

template <class T>
SK_INLINE void if_body(const BatchCall& c) {
  using V = Stored<T>;
  const Column& condition = *c.args[0];
  const uint8_t* pick = static_cast<const uint8_t*>(condition.data);
  uint8_t masked[kChunkRows];
  if (condition.validity) {
    for (int i = 0; i < c.rows; ++i) masked[i] = is_present(condition, i) ? pick[i] : 0;
    pick = masked;
  }
  select_values(pick, static_cast<const V*>(c.args[1]->data), static_cast<const V*>(c.args[2]->data),
                static_cast<V*>(c.out->data), c.rows);
  select_states(pick, *c.args[1], *c.args[2], *c.out, c.rows);
  overlay_failures(condition, *c.out, c.rows);
}

// ---- coalesce --------------------------------------------------------------------------------------------

constexpr Doc kCoalesceDoc{"coalesce", "x, y", "`x` where it is not null, else `y`. NaN is a value, not a null.",
                           "[1, 2] -> 1; [null, 2] -> 2; [null, null] -> null"};

inline unsigned coalesce_flow(const FunctionEntry&, const unsigned* args) {
  return (args[0] & kMayNull ? args[1] : 0u) | (args[0] & kMayFail);
}

template <class T>
void coalesce_row(const RowInstruction& in, const RowFrame& f) {
  copy_register<T>(in, f, f.states[in.registers[0]] == kNullState ? 1 : 0);
}

template <class T>
SK_INLINE void coalesce_body(const BatchCall& c) {
  using V = Stored<T>;
  const Column& x = *c.args[0];
  uint8_t pick[kChunkRows];
  presence_bytes(x, pick, c.rows);
  select_values(pick, static_cast<const V*>(x.data), static_cast<const V*>(c.args[1]->data),
                static_cast<V*>(c.out->data), c.rows);
  if (x.validity) {
    select_states(pick, x, *c.args[1], *c.out, c.rows);
    overlay_failures(x, *c.out, c.rows);
  } else {
    c.out->validity = nullptr;
    c.out->failures = nullptr;
  }
}

// ---- isNull, isNotNull -----------------------------------------------------------------------------------

constexpr Doc kIsNullDoc{"isNull", "x", "Whether `x` is null. NaN is not. Never null itself.", "[null] -> true; [1] -> false"};
constexpr Doc kIsNotNullDoc{"isNotNull", "x", "Whether `x` is not null. NaN is not null. Never null itself.",
                            "[null] -> false; [1] -> true"};

inline unsigned is_null_flow(const FunctionEntry&, const unsigned* args) { return args[0] & kMayFail; }

template <bool Answer>
void is_null_row(const RowInstruction& in, const RowFrame& f) {
  const uint8_t state = f.states[in.registers[0]];
  if (SK_UNLIKELY(state >= kFailedState)) return set_failed(in, f, 0);
  f.states[in.out_register] = kPresent;
  f.set<bool>(in.out_offset, (state == kNullState) == Answer);
}

template <bool Answer>
SK_INLINE void is_null_body(const BatchCall& c) {
  uint8_t* SK_RESTRICT out = static_cast<uint8_t*>(c.out->data);
  const uint64_t* v = c.args[0]->validity;
  if (v == nullptr) {
    for (int i = 0; i < c.rows; ++i) out[i] = !Answer;
  } else {
    for (int i = 0; i < c.rows; ++i) out[i] = static_cast<uint8_t>(((v[i >> 6] >> (i & 63)) & 1) ^ (Answer ? 1 : 0));
  }
  c.out->validity = nullptr;
  c.out->failures = nullptr;
  overlay_failures(*c.args[0], *c.out, c.rows);
}

// ---- and, or (three-valued) ------------------------------------------------------------------------------

constexpr Doc kAndDoc{"and", "x, y", "Three-valued conjunction: false if either is false, else null if either is null.",
                      "[true, true] -> true; [false, null] -> false; [null, false] -> false; [true, null] -> null"};
constexpr Doc kOrDoc{"or", "x, y", "Three-valued disjunction: true if either is true, else null if either is null.",
                     "[false, false] -> false; [true, null] -> true; [null, true] -> true; [false, null] -> null"};

inline unsigned logic_flow(const FunctionEntry&, const unsigned* args) { return args[0] | args[1]; }

// `Decider` is the value that settles the answer alone. A failed x fails unless evaluation would not have
// reached further: x is looked at first, so x failed always fails; y failed only where x did not settle.
template <bool Decider>
void logic_row(const RowInstruction& in, const RowFrame& f) {
  const uint8_t sx = f.states[in.registers[0]], sy = f.states[in.registers[1]];
  if (SK_UNLIKELY(sx >= kFailedState)) return set_failed(in, f, 0);
  const bool x_settles = sx == kPresent && f.get<bool>(in.offsets[0]) == Decider;
  if (x_settles) {
    f.states[in.out_register] = kPresent;
    f.set<bool>(in.out_offset, Decider);
    return;
  }
  if (SK_UNLIKELY(sy >= kFailedState)) return set_failed(in, f, 1);
  const bool y_settles = sy == kPresent && f.get<bool>(in.offsets[1]) == Decider;
  f.states[in.out_register] = !y_settles && (sx | sy) != kPresent ? kNullState : kPresent;
  f.set<bool>(in.out_offset, y_settles ? Decider : !Decider);
}

template <bool Decider>
SK_INLINE void logic_body(const BatchCall& c) {
  const Column &x = *c.args[0], &y = *c.args[1];
  const uint8_t* SK_RESTRICT a = static_cast<const uint8_t*>(x.data);
  const uint8_t* SK_RESTRICT b = static_cast<const uint8_t*>(y.data);
  uint8_t* SK_RESTRICT out = static_cast<uint8_t*>(c.out->data);
  c.out->validity = nullptr;
  c.out->failures = nullptr;
  if (!x.validity && !y.validity) {
    for (int i = 0; i < c.rows; ++i) out[i] = Decider ? a[i] | b[i] : a[i] & b[i];
    return;
  }
  for (int base = 0; base < c.rows; base += 64) {
    const int w = base >> 6, count = c.rows - base < 64 ? c.rows - base : 64;
    const uint64_t vx = x.validity ? x.validity[w] : ~uint64_t{0};
    const uint64_t vy = y.validity ? y.validity[w] : ~uint64_t{0};
    const uint64_t bx = pack_word(a + base, count), by = pack_word(b + base, count);
    const uint64_t settled = (vx & (Decider ? bx : ~bx)) | (vy & (Decider ? by : ~by));
    for (int i = 0; i < count; ++i) out[base + i] = ((settled >> i) & 1) == (Decider ? 1 : 0);
    c.out->validity_storage[w] = settled | (vx & vy);
  }
  c.out->validity = c.out->validity_storage;
  if (y.failures) {
    for (int i = 0; i < c.rows; ++i) {
      const bool x_settles = is_present(x, i) && (a[i] != 0) == Decider;
      c.out->failure_storage[i] = x_settles ? Failure{0, Outcome::kOk} : y.failures[i];
    }
    c.out->failures = c.out->failure_storage;
    for (int i = 0; i < c.rows; ++i)
      if (c.out->failures[i].code != Outcome::kOk) c.out->validity[i >> 6] &= ~(uint64_t{1} << (i & 63));
  }
  overlay_failures(x, *c.out, c.rows);
}

// ---- entries ---------------------------------------------------------------------------------------------

using Body = void (*)(const BatchCall&);

template <Body body>
void baseline(const BatchCall& c) {
  body(c);
}

// The wide variants exist for the forms that spend their time in select_values.
#ifdef SK_X86_VARIANTS
template <class T>
SK_TARGET_AVX2 void if_avx2(const BatchCall& c) {
  if_body<T>(c);
}
template <class T>
SK_TARGET_AVX2 void coalesce_avx2(const BatchCall& c) {
  coalesce_body<T>(c);
}
#else
template <class T>
void if_avx2(const BatchCall& c) {
  if_body<T>(c);
}
template <class T>
void coalesce_avx2(const BatchCall& c) {
  coalesce_body<T>(c);
}
#endif

inline FunctionEntry entry(const Doc& doc, std::initializer_list<TypeId> args, TypeId result, RowKernel row, Body base,
                           Body wide, unsigned (*flow)(const FunctionEntry&, const unsigned*)) {
  FunctionEntry e{};
  e.doc = &doc;
  e.family = "logic and nulls";
  e.version = 1;
  e.nulls = NullContract::kDecidesItself;
  e.special_form = true;
  e.result = result;
  for (TypeId t : args) e.args[e.arity++] = t;
  e.flow = flow;
  e.create = create;
  e.destroy = destroy;
  e.row_checked = e.row_present = row;
  for (int isa = 0; isa < kIsaCount; ++isa)
    for (int s = 0; s < kShapeCount; ++s) e.batch[isa][s] = isa == 0 ? base : wide;
  return e;
}

template <class T, class Sink>
void register_typed(Sink& sink) {
  constexpr TypeId t = TypeOf<T>::id;
  constexpr TypeId boolean = TypeId::kBool;
  sink.add(entry(kIfDoc, {boolean, t, t}, t, if_row<T>, [](const BatchCall& c) { if_body<T>(c); }, if_avx2<T>, if_flow));
  sink.add(entry(kCoalesceDoc, {t, t}, t, coalesce_row<T>, [](const BatchCall& c) { coalesce_body<T>(c); },
                 coalesce_avx2<T>, coalesce_flow));
  const Body is_null = [](const BatchCall& c) { is_null_body<true>(c); };
  const Body is_not_null = [](const BatchCall& c) { is_null_body<false>(c); };
  sink.add(entry(kIsNullDoc, {t}, boolean, is_null_row<true>, is_null, is_null, is_null_flow));
  sink.add(entry(kIsNotNullDoc, {t}, boolean, is_null_row<false>, is_not_null, is_not_null, is_null_flow));
}

template <class Sink>
void register_all(Sink& sink) {
  const TypeId boolean = TypeId::kBool;
  const Body conjunction = [](const BatchCall& c) { logic_body<false>(c); };
  const Body disjunction = [](const BatchCall& c) { logic_body<true>(c); };
  sink.add(entry(kAndDoc, {boolean, boolean}, boolean, logic_row<false>, conjunction, conjunction, logic_flow));
  sink.add(entry(kOrDoc, {boolean, boolean}, boolean, logic_row<true>, disjunction, disjunction, logic_flow));
  register_typed<double>(sink);
  register_typed<int64_t>(sink);
  register_typed<bool>(sink);
  register_typed<StringView>(sink);
  register_typed<Timestamp>(sink);
  register_typed<ListView<double>>(sink);
  register_typed<ListView<int64_t>>(sink);
  register_typed<ListView<StringView>>(sink);
  register_typed<ListView<Timestamp>>(sink);
}

}  // namespace skewless::special
