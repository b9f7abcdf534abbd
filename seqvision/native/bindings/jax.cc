// The core as custom calls of XLA, by its foreign function interface.
//
// Arguments and results are those of bindings/tensorflow.cc; a buffer of no elements is one that is
// not there.

#include "core.h"
#include "xla/ffi/api/ffi.h"

namespace {

namespace ffi = xla::ffi;
using Floats = ffi::Buffer<ffi::F32>;
using Flags = ffi::Buffer<ffi::PRED>;

struct Given {
  ffi::RemainingArgs& args;
  const float* operator[](int k) const {
    const Floats buffer = *args.get<Floats>(k);
    return buffer.element_count() ? buffer.typed_data() : nullptr;
  }
};

struct Results {
  ffi::RemainingRets& results;
  float* operator[](int k) const {
    auto buffer = *results.get<Floats>(k);
    return buffer->element_count() ? buffer->typed_data() : nullptr;
  }
};

sv_layer layer_of(int32_t cell, bool go_backwards, bool in_bfloat16, int states,
                  ffi::RemainingArgs& args) {
  const Given given{args};
  sv_layer layer = {};
  layer.cell = cell;
  layer.go_backwards = go_backwards;
  layer.in_bfloat16 = in_bfloat16;
  const auto x = args.get<Floats>(0)->dimensions();
  layer.batch = x[0], layer.steps = x[1], layer.features = x[2];
  layer.units = args.get<Floats>(2 + states)->dimensions()[0];
  layer.x = given[0];
  for (int k = 0; k < states; ++k) layer.first[k] = given[1 + k];
  layer.kernel = given[1 + states];
  layer.recurrent_kernel = given[2 + states];
  layer.bias = given[3 + states];
  layer.recurrent_bias = given[4 + states];
  const Flags mask = *args.get<Flags>(5 + states);
  if (mask.element_count()) layer.mask = reinterpret_cast<const uint8_t*>(mask.typed_data());
  layer.dropout = given[6 + states];
  return layer;
}

ffi::Error forward(int32_t cell, bool go_backwards, bool in_bfloat16, ffi::RemainingArgs args,
                   ffi::RemainingRets rets) {
  const int states = sv_states(cell);
  const sv_layer layer = layer_of(cell, go_backwards, in_bfloat16, states, args);
  const Results results{rets};
  float* last[2] = {results[1], states == 2 ? results[2] : nullptr};
  sv_forward(&layer, results[0], last, results[1 + states]);
  return ffi::Error::Success();
}

ffi::Error gradient(int32_t cell, bool go_backwards, bool in_bfloat16, ffi::RemainingArgs args,
                    ffi::RemainingRets rets) {
  const int states = sv_states(cell), after = 7 + states;
  const sv_layer layer = layer_of(cell, go_backwards, in_bfloat16, states, args);
  const Given given{args};
  const Results results{rets};
  sv_gradients of = {};
  of.every = given[after];
  of.saved = given[after + 1];
  of.d_every = given[after + 2];
  for (int k = 0; k < states; ++k) of.d_last[k] = given[after + 3 + k];
  of.d_x = results[0];
  for (int k = 0; k < states; ++k) of.d_first[k] = results[1 + k];
  of.d_kernel = results[1 + states];
  of.d_recurrent_kernel = results[2 + states];
  of.d_bias = results[3 + states];
  of.d_recurrent_bias = results[4 + states];
  sv_backward(&layer, &of);
  return ffi::Error::Success();
}

sv_recurrence recurrence_of(bool reverse, int numbers, ffi::RemainingArgs& args) {
  const Given given{args};
  const auto shape = args.get<Floats>(numbers)->dimensions();
  sv_recurrence of = {};
  of.is_complex = numbers == 2;
  of.reverse = reverse;
  of.batch = shape[0], of.steps = shape[1], of.size = shape[2];
  const auto shape_of_a = args.get<Floats>(0)->dimensions();
  of.a_batch = shape_of_a[0], of.a_steps = shape_of_a[1];
  for (int n = 0; n < numbers; ++n) of.a[n] = given[n], of.first[n] = given[2 * numbers + n];
  return of;
}

ffi::Error recur(bool reverse, ffi::RemainingArgs args, ffi::RemainingRets rets) {
  const int numbers = rets.size();
  const sv_recurrence of = recurrence_of(reverse, numbers, args);
  const Given given{args};
  const Results results{rets};
  const float* b[2] = {};
  float* h[2] = {};
  for (int n = 0; n < numbers; ++n) b[n] = given[numbers + n], h[n] = results[n];
  sv_recur(&of, b, h);
  return ffi::Error::Success();
}

ffi::Error recur_back(bool reverse, ffi::RemainingArgs args, ffi::RemainingRets rets) {
  const int numbers = rets.size() / 3;
  const sv_recurrence of = recurrence_of(reverse, numbers, args);
  const Given given{args};
  const Results results{rets};
  const float *h[2] = {}, *d_h[2] = {};
  sv_recurrence_gradients to = {};
  for (int n = 0; n < numbers; ++n) {
    h[n] = given[numbers + n], d_h[n] = given[3 * numbers + n];
    to.d_a[n] = results[n], to.d_b[n] = results[numbers + n];
    to.d_first[n] = results[2 * numbers + n];
  }
  sv_recur_back(&of, h, d_h, &to);
  return ffi::Error::Success();
}

sv_scan scan_of(ffi::RemainingArgs& args) {
  const auto shape = args.get<Floats>(0)->dimensions();
  const Given given{args};
  sv_scan of = {};
  of.batch = shape[0], of.steps = shape[1], of.features = shape[2];
  of.size = args.get<Floats>(2)->dimensions()[1];
  of.x = given[0], of.step = given[1], of.a = given[2];
  of.b = given[3], of.c = given[4], of.first = given[5];
  return of;
}

ffi::Error scan(ffi::RemainingArgs args, ffi::RemainingRets rets) {
  const sv_scan of = scan_of(args);
  const Results results{rets};
  sv_scan_forward(&of, results[0], results[1], results[2]);
  return ffi::Error::Success();
}

ffi::Error scan_back(ffi::RemainingArgs args, ffi::RemainingRets rets) {
  const sv_scan of = scan_of(args);
  const Given given{args};
  const Results d{rets};
  const sv_scan_gradients to = {given[6], given[7], given[8], d[0], d[1], d[2], d[3], d[4], d[5]};
  sv_scan_backward(&of, &to);
  return ffi::Error::Success();
}

sv_convolution convolution_of(ffi::RemainingArgs& args) {
  const auto shape = args.get<Floats>(0)->dimensions();
  const Given given{args};
  return {0, shape[0], shape[1], shape[2], given[0], given[1]};
}

ffi::Error convolve(ffi::RemainingArgs args, ffi::RemainingRets rets) {
  const sv_convolution of = convolution_of(args);
  sv_convolve(&of, Results{rets}[0]);
  return ffi::Error::Success();
}

ffi::Error convolve_back(ffi::RemainingArgs args, ffi::RemainingRets rets) {
  const sv_convolution of = convolution_of(args);
  const Results d{rets};
  sv_convolve_back(&of, Given{args}[2], d[0], d[1]);
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(seqvision_convolution, convolve,
                              ffi::Ffi::Bind().RemainingArgs().RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(seqvision_convolution_gradient, convolve_back,
                              ffi::Ffi::Bind().RemainingArgs().RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(seqvision_scan, scan,
                              ffi::Ffi::Bind().RemainingArgs().RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(seqvision_scan_gradient, scan_back,
                              ffi::Ffi::Bind().RemainingArgs().RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(
    seqvision_recurrence, recur,
    ffi::Ffi::Bind().Attr<bool>("reverse").RemainingArgs().RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(
    seqvision_recurrence_gradient, recur_back,
    ffi::Ffi::Bind().Attr<bool>("reverse").RemainingArgs().RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(seqvision_layer, forward,
                              ffi::Ffi::Bind()
                                  .Attr<int32_t>("cell")
                                  .Attr<bool>("go_backwards")
                                  .Attr<bool>("in_bfloat16")
                                  .RemainingArgs()
                                  .RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(seqvision_layer_gradient, gradient,
                              ffi::Ffi::Bind()
                                  .Attr<int32_t>("cell")
                                  .Attr<bool>("go_backwards")
                                  .Attr<bool>("in_bfloat16")
                                  .RemainingArgs()
                                  .RemainingRets());
