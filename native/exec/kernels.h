// Makes a FunctionEntry of a function struct: the row kernels, the chunk loops, one copy of each vectorizable
// loop per instruction set. All loops over rows live here and in special_forms.h.
#pragma once
#include <tuple>
#include <type_traits>
#include <utility>

#include "exec/bits.h"
#include "registry/entry.h"
#include "registry/list.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define SK_X86_VARIANTS 1
#define SK_TARGET_AVX2 __attribute__((target("avx2")))
#define SK_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512")))
#endif

namespace skewless {

// How a type lies in a register: bool is a byte of 0 or 1.
template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;

template <class T>
constexpr bool kIsView = !(std::is_same_v<T, double> || std::is_same_v<T, int64_t> || std::is_same_v<T, bool> ||
                           std::is_same_v<T, Timestamp>);

template <class T>
struct Unwrap {
  using type = T;
};
template <class T>
struct Unwrap<Maybe<T>> {
  using type = T;
};

// Takes a `call` or `callNullable` apart.
template <class F>
struct Signature;
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> {
  using Result = R;
  using Args = std::tuple<typename Unwrap<A>::type...>;
  static constexpr bool kOutcome = false, kArena = false;
};
template <class C, class O, class... A>
struct Signature<Outcome (C::*)(O&, A...) const> {
  using Result = O;
  using Args = std::tuple<typename Unwrap<A>::type...>;
  static constexpr bool kOutcome = true, kArena = false;
};
template <class C, class O, class... A>
struct Signature<Outcome (C::*)(O&, Arena&, A...) const> {
  using Result = O;
  using Args = std::tuple<typename Unwrap<A>::type...>;
  static constexpr bool kOutcome = true, kArena = true;
};

template <class Op>
constexpr bool kNullable = requires { &Op::callNullable; };

template <class Op, bool = kNullable<Op>>
struct CallSignature : Signature<decltype(&Op::call)> {};
template <class Op>
struct CallSignature<Op, true> : Signature<decltype(&Op::callNullable)> {};

template <class Op>
struct Kernels {
  using S = CallSignature<Op>;
  using R = typename S::Result;
  using Args = typename S::Args;
  static constexpr int kArity = std::tuple_size_v<Args>;
  static_assert(kArity >= 1 && kArity <= kMaxArity);
  template <size_t I>
  using Arg = std::tuple_element_t<I, Args>;
  using Indices = std::make_index_sequence<kArity>;

  template <size_t... I>
  static constexpr bool any_view(std::index_sequence<I...>) {
    return (kIsView<Arg<I>> || ...);
  }
  static constexpr bool kViews = any_view(Indices{}) || kIsView<R>;
  static constexpr bool kTotal = !kNullable<Op> && !S::kOutcome;
  static constexpr bool wants_vector() {
    if constexpr (requires { Op::vectorize; }) return Op::vectorize;
    return true;
  }
  // A total function of fixed-width values runs over every row of a chunk, present or not: faster than asking,
  // and such bodies are defined for all bits. Others see present rows only.
  static constexpr bool kDense = kTotal && !kViews;
  static constexpr bool kVector = kDense && wants_vector();
  static constexpr bool kHasRare = kTotal && requires { &Op::rare; };

  static constexpr unsigned effects() {
    if constexpr (requires { Op::effects; }) return Op::effects;
    return kTotal || (kNullable<Op> && !S::kOutcome) ? 0u : kMayNull | kMayFail;
  }
  static constexpr int version() {
    if constexpr (requires { Op::version; }) return Op::version;
    return 1;
  }

  // One answer, by whichever form the function has. `out` is written only on kOk.
  template <class... A>
  static SK_INLINE Outcome answer(const Op& op, R& out, [[maybe_unused]] Arena& arena, A... args) {
    if constexpr (kNullable<Op>) {
      if constexpr (!S::kOutcome) {
        out = op.callNullable(args...);
        return Outcome::kOk;
      } else if constexpr (S::kArena) {
        return op.callNullable(out, arena, args...);
      } else {
        return op.callNullable(out, args...);
      }
    } else if constexpr (!S::kOutcome) {
      out = total(op, args...);
      return Outcome::kOk;
    } else if constexpr (S::kArena) {
      return op.call(out, arena, args...);
    } else {
      return op.call(out, args...);
    }
  }
  template <class... A>
  static SK_INLINE R total(const Op& op, A... args) {
    if constexpr (kHasRare) {
      if (SK_UNLIKELY(op.rare(args...))) return op.callRare(args...);
    }
    return op.call(args...);
  }

  // ---- row mode ----

  static SK_INLINE void settle(const RowInstruction& in, const RowFrame& frame, Outcome outcome, R value) {
    if (SK_LIKELY(outcome == Outcome::kOk)) {
      frame.states[in.out_register] = kPresent;
      frame.set<R>(in.out_offset, value);
    } else if (outcome == Outcome::kNull) {
      frame.states[in.out_register] = kNullState;
    } else {
      frame.states[in.out_register] = kFailedState;
      frame.failures[in.out_register] = {in.out_register, outcome};
    }
  }

  static SK_NOINLINE void propagate(const RowInstruction& in, const RowFrame& frame, int arity) {
    for (int i = 0; i < arity; ++i) {
      if (frame.states[in.registers[i]] >= kFailedState) {
        frame.states[in.out_register] = kFailedState;
        frame.failures[in.out_register] = frame.failures[in.registers[i]];
        return;
      }
    }
    frame.states[in.out_register] = kNullState;
  }

  template <size_t... I>
  static SK_INLINE void row_checked_body(const RowInstruction& in, const RowFrame& frame, std::index_sequence<I...>) {
    const Op& op = *static_cast<const Op*>(in.op);
    const unsigned state = (frame.states[in.registers[I]] | ...);
    if constexpr (kNullable<Op>) {
      if (SK_UNLIKELY(state >= kFailedState)) return propagate(in, frame, kArity);
      R out{};
      const Outcome outcome =
          answer(op, out, *frame.arena,
                 Maybe<Arg<I>>{frame.states[in.registers[I]] == kPresent,
                               frame.states[in.registers[I]] == kPresent ? frame.get<Arg<I>>(in.offsets[I]) : Arg<I>{}}...);
      settle(in, frame, outcome, out);
    } else {
      if (SK_UNLIKELY(state != kPresent)) return propagate(in, frame, kArity);
      R out{};
      const Outcome outcome = answer(op, out, *frame.arena, frame.get<Arg<I>>(in.offsets[I])...);
      settle(in, frame, outcome, out);
    }
  }
  static void row_checked(const RowInstruction& in, const RowFrame& frame) { row_checked_body(in, frame, Indices{}); }

  template <size_t... I>
  static SK_INLINE void row_present_body(const RowInstruction& in, const RowFrame& frame, std::index_sequence<I...>) {
    const Op& op = *static_cast<const Op*>(in.op);
    if constexpr (kTotal) {
      frame.set<R>(in.out_offset, total(op, frame.get<Arg<I>>(in.offsets[I])...));
    } else {
      row_checked_body(in, frame, Indices{});
    }
  }
  static void row_present(const RowInstruction& in, const RowFrame& frame) { row_present_body(in, frame, Indices{}); }

  // ---- batch mode ----

  template <size_t I>
  static SK_INLINE const Stored<Arg<I>>* data(const BatchCall& c) {
    return static_cast<const Stored<Arg<I>>*>(c.args[I]->data);
  }
  static constexpr bool constant_at(int shape, size_t i) {
    return (shape == kTailConstant && i > 0) || (shape == kHeadConstant && i == 0);
  }
  template <class T>
  static SK_INLINE T as_value(Stored<T> v) {
    if constexpr (std::is_same_v<T, bool>) return v != 0;
    else return v;
  }

  template <int Shape, size_t... I>
  static SK_INLINE void dense_loop(const Op& op, Stored<R>* SK_RESTRICT out, int rows, std::index_sequence<I...>,
                                   const Stored<Arg<I>>* SK_RESTRICT... in) {
    const std::tuple<Stored<Arg<I>>...> head{in[0]...};
    for (int i = 0; i < rows; ++i) {
      out[i] = op.call(as_value<Arg<I>>(constant_at(Shape, I) ? std::get<I>(head) : in[i])...);
    }
    if constexpr (kHasRare) {
      // The vector loop gave a wrong answer to rare inputs only: look for any, then mend those rows.
      unsigned any = 0;
      for (int i = 0; i < rows; ++i) {
        any |= static_cast<unsigned>(
            op.rare(as_value<Arg<I>>(constant_at(Shape, I) ? std::get<I>(head) : in[i])...));
      }
      if (SK_UNLIKELY(any != 0)) {
        for (int i = 0; i < rows; ++i) {
          if (op.rare(as_value<Arg<I>>(constant_at(Shape, I) ? std::get<I>(head) : in[i])...)) {
            out[i] = op.callRare(as_value<Arg<I>>(constant_at(Shape, I) ? std::get<I>(head) : in[i])...);
          }
        }
      }
    }
  }

  template <int Shape, size_t... I>
  static SK_INLINE void dense_body(const BatchCall& c, std::index_sequence<I...>) {
    combine_states(c, kArity);
    // A copy on the stack: the loop may then keep the parameters in registers.
    const Op op = *static_cast<const Op*>(c.op);
    dense_loop<Shape>(op, static_cast<Stored<R>*>(c.out->data), c.rows, Indices{}, data<I>(c)...);
  }
  // Stateful functions that own memory must not be copied per chunk.
  template <int Shape, size_t... I>
  static SK_INLINE void dense_body_shared(const BatchCall& c, std::index_sequence<I...>) {
    combine_states(c, kArity);
    dense_loop<Shape>(*static_cast<const Op*>(c.op), static_cast<Stored<R>*>(c.out->data), c.rows, Indices{},
                      data<I>(c)...);
  }
  template <int Shape>
  static SK_INLINE void dense(const BatchCall& c) {
    if constexpr (std::is_trivially_copyable_v<Op>) dense_body<Shape>(c, Indices{});
    else dense_body_shared<Shape>(c, Indices{});
  }

  template <int Shape>
  static void dense_baseline(const BatchCall& c) {
    dense<Shape>(c);
  }
#ifdef SK_X86_VARIANTS
  template <int Shape>
  SK_TARGET_AVX2 static void dense_avx2(const BatchCall& c) {
    dense<Shape>(c);
  }
  template <int Shape>
  SK_TARGET_AVX512 static void dense_avx512(const BatchCall& c) {
    dense<Shape>(c);
  }
#endif

  // Present rows one by one: for functions of views, and for those that may answer null or fail.
  template <size_t... I>
  static SK_INLINE void sparse_row(const Op& op, const BatchCall& c, RowMarks& marks, int i, std::index_sequence<I...>) {
    R out{};
    const Outcome outcome = answer(op, out, *c.arena, as_value<Arg<I>>(data<I>(c)[i])...);
    if (SK_LIKELY(outcome == Outcome::kOk)) {
      static_cast<Stored<R>*>(c.out->data)[i] = out;
    } else {
      marks.mark(i, outcome);
    }
  }
  static void sparse(const BatchCall& c) {
    combine_states(c, kArity);
    const Op& op = *static_cast<const Op*>(c.op);
    RowMarks marks(c);
    const uint64_t* validity = c.out->validity;
    if (validity == nullptr) {
      for (int i = 0; i < c.rows; ++i) sparse_row(op, c, marks, i, Indices{});
      return;
    }
    for (int base = 0; base < c.rows; base += 64) {
      const int end = c.rows - base < 64 ? c.rows : base + 64;
      uint64_t word = validity[base >> 6] & word_mask(c.rows - base);
      if (word == word_mask(c.rows - base)) {
        for (int i = base; i < end; ++i) sparse_row(op, c, marks, i, Indices{});
      } else {
        for (; word; word &= word - 1) sparse_row(op, c, marks, base + count_trailing_zeros(word), Indices{});
      }
    }
  }

  // Functions that decide about nulls: every row that did not fail, each argument with its presence.
  template <size_t... I>
  static SK_INLINE void nullable_row(const Op& op, const BatchCall& c, RowMarks& marks, int i, std::index_sequence<I...>) {
    R out{};
    const Outcome outcome = answer(
        op, out, *c.arena,
        Maybe<Arg<I>>{is_present(*c.args[I], i), is_present(*c.args[I], i) ? as_value<Arg<I>>(data<I>(c)[i]) : Arg<I>{}}...);
    if (outcome == Outcome::kOk) {
      static_cast<Stored<R>*>(c.out->data)[i] = out;
    } else {
      marks.mark(i, outcome);
    }
  }
  static void nullable(const BatchCall& c) {
    combine_failures(c, kArity);
    const Op& op = *static_cast<const Op*>(c.op);
    RowMarks marks(c);
    for (int i = 0; i < c.rows; ++i) {
      if (c.out->failures && c.out->failures[i].code != Outcome::kOk) continue;
      nullable_row(op, c, marks, i, Indices{});
    }
  }

  // ---- the entry ----

  static unsigned flow(const FunctionEntry& entry, const unsigned* args) {
    unsigned flags = entry.effects;
    for (int i = 0; i < entry.arity; ++i) {
      flags |= entry.nulls == NullContract::kDecidesItself ? args[i] & kMayFail : args[i];
    }
    return flags;
  }

  static const void* create(const Params& params, const char** error) {
    auto* op = new (std::nothrow) Op();
    if (!op) {
      *error = "out of memory";
      return nullptr;
    }
    if constexpr (requires { op->init(params); }) {
      *error = op->init(params);
      if (*error) {
        delete op;
        return nullptr;
      }
    }
    return op;
  }
  static void destroy(const void* op) { delete static_cast<const Op*>(op); }

  template <size_t... I>
  static void fill_args(FunctionEntry& e, std::index_sequence<I...>) {
    ((e.args[I] = TypeOf<Arg<I>>::id), ...);
  }

  template <int Shape>
  static void fill_shape(FunctionEntry& e) {
    if constexpr (kDense) {
      e.batch[0][Shape] = e.batch[1][Shape] = e.batch[2][Shape] = dense_baseline<Shape>;
#ifdef SK_X86_VARIANTS
      if constexpr (kVector) {
        e.batch[1][Shape] = dense_avx2<Shape>;
        e.batch[2][Shape] = dense_avx512<Shape>;
      }
#endif
    }
  }

  static FunctionEntry entry(const char* family) {
    FunctionEntry e{};
    e.doc = &Op::doc;
    e.family = family;
    e.version = version();
    e.nulls = kNullable<Op> ? NullContract::kDecidesItself : NullContract::kNullIfAnyNull;
    e.effects = effects();
    e.result = TypeOf<R>::id;
    e.arity = kArity;
    fill_args(e, Indices{});
    if constexpr (requires { Op::params; }) {
      e.params = Op::params;
      e.param_count = static_cast<int>(std::size(Op::params));
    }
    e.flow = flow;
    e.create = create;
    e.destroy = destroy;
    e.row_checked = row_checked;
    e.row_present = row_present;
    if constexpr (kDense) {
      fill_shape<kFlat>(e);
      if constexpr (kVector && kArity >= 2) {
        fill_shape<kTailConstant>(e);
        if constexpr (kArity == 2) fill_shape<kHeadConstant>(e);
      }
    } else if constexpr (kNullable<Op>) {
      for (auto& isa : e.batch) isa[kFlat] = nullable;
    } else {
      for (auto& isa : e.batch) isa[kFlat] = sparse;
    }
    // Shapes without a loop of their own read constants from broadcast columns.
    for (auto& isa : e.batch)
      for (int s = 1; s < kShapeCount; ++s)
        if (!isa[s]) isa[s] = isa[kFlat];
    return e;
  }
};

template <class Sink, class... Ops>
void register_functions(FunctionList<Ops...>, const char* family, Sink& sink) {
  (sink.add(Kernels<Ops>::entry(family)), ...);
}

}  // namespace skewless
