// The core as operations of TensorFlow: a layer, a linear recurrence, a selective scan, a long
// convolution, and their gradients.
//
// A tensor of no elements is one that is not there. Compiled against the headers of the TensorFlow
// that is installed; the core's functions are found in the process, where its library is loaded.

#include "core.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace {

using tensorflow::OpInputList;
using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::OpOutputList;
using tensorflow::Status;
using tensorflow::Tensor;
using tensorflow::TensorShape;
using tensorflow::shape_inference::InferenceContext;

REGISTER_OP("SeqvisionLayer")
    .Attr("cell: int")
    .Attr("go_backwards: bool")
    .Attr("in_bfloat16: bool")
    .Attr("at_once: int")
    .Attr("every: bool")
    .Attr("keep: bool")
    .Attr("states: int >= 1")
    .Input("x: float")
    .Input("first: states * float")
    .Input("kernel: float")
    .Input("recurrent_kernel: float")
    .Input("bias: float")
    .Input("recurrent_bias: float")
    .Input("mask: bool")
    .Input("dropout: float")
    .Output("outputs: float")
    .Output("last: states * float")
    .Output("saved: float")
    .SetShapeFn([](InferenceContext* c) {
      int states;
      bool every;
      TF_RETURN_IF_ERROR(c->GetAttr("states", &states));
      TF_RETURN_IF_ERROR(c->GetAttr("every", &every));
      const auto batch = c->Dim(c->input(0), 0), steps = c->Dim(c->input(0), 1);
      const auto units = c->Dim(c->input(2 + states), 0);
      c->set_output(0, every ? c->MakeShape({batch, steps, units}) : c->Vector(0));
      for (int k = 0; k < states; ++k) c->set_output(1 + k, c->Matrix(batch, units));
      c->set_output(1 + states, c->UnknownShapeOfRank(1));
      return absl::OkStatus();
    });

REGISTER_OP("SeqvisionLayerGradient")
    .Attr("cell: int")
    .Attr("go_backwards: bool")
    .Attr("in_bfloat16: bool")
    .Attr("at_once: int")
    .Attr("states: int >= 1")
    .Input("x: float")
    .Input("first: states * float")
    .Input("kernel: float")
    .Input("recurrent_kernel: float")
    .Input("bias: float")
    .Input("recurrent_bias: float")
    .Input("mask: bool")
    .Input("dropout: float")
    .Input("outputs: float")
    .Input("saved: float")
    .Input("d_outputs: float")
    .Input("d_last: states * float")
    .Output("d_x: float")
    .Output("d_first: states * float")
    .Output("d_kernel: float")
    .Output("d_recurrent_kernel: float")
    .Output("d_bias: float")
    .Output("d_recurrent_bias: float")
    .SetShapeFn([](InferenceContext* c) {
      int states;
      TF_RETURN_IF_ERROR(c->GetAttr("states", &states));
      for (int k = 0; k < states + 5; ++k) c->set_output(k, c->input(k));
      return absl::OkStatus();
    });

REGISTER_OP("SeqvisionRecurrence")
    .Attr("numbers: int >= 1")
    .Attr("reverse: bool")
    .Input("a: numbers * float")
    .Input("b: numbers * float")
    .Input("first: numbers * float")
    .Output("h: numbers * float")
    .SetShapeFn([](InferenceContext* c) {
      for (int n = 0; n < c->num_outputs(); ++n) c->set_output(n, c->input(c->num_outputs() + n));
      return absl::OkStatus();
    });

REGISTER_OP("SeqvisionRecurrenceGradient")
    .Attr("numbers: int >= 1")
    .Attr("reverse: bool")
    .Input("a: numbers * float")
    .Input("h: numbers * float")
    .Input("first: numbers * float")
    .Input("d_h: numbers * float")
    .Output("d_a: numbers * float")
    .Output("d_b: numbers * float")
    .Output("d_first: numbers * float")
    .SetShapeFn([](InferenceContext* c) {
      const int numbers = c->num_outputs() / 3;
      for (int n = 0; n < numbers; ++n) {
        c->set_output(n, c->UnknownShapeOfRank(3));
        c->set_output(numbers + n, c->input(numbers + n));
        c->set_output(2 * numbers + n, c->input(2 * numbers + n));
      }
      return absl::OkStatus();
    });

REGISTER_OP("SeqvisionScan")
    .Input("x: float")
    .Input("step: float")
    .Input("a: float")
    .Input("b: float")
    .Input("c: float")
    .Input("first: float")
    .Output("y: float")
    .Output("last: float")
    .Output("starts: float")
    .SetShapeFn([](InferenceContext* c) {
      c->set_output(0, c->input(0));
      c->set_output(1, c->input(5));
      c->set_output(2, c->UnknownShapeOfRank(2));
      return absl::OkStatus();
    });

REGISTER_OP("SeqvisionScanGradient")
    .Input("x: float")
    .Input("step: float")
    .Input("a: float")
    .Input("b: float")
    .Input("c: float")
    .Input("first: float")
    .Input("starts: float")
    .Input("d_y: float")
    .Input("d_last: float")
    .Output("d_x: float")
    .Output("d_step: float")
    .Output("d_a: float")
    .Output("d_b: float")
    .Output("d_c: float")
    .Output("d_first: float")
    .SetShapeFn([](InferenceContext* c) {
      for (int k = 0; k < 6; ++k) c->set_output(k, c->input(k));
      c->set_output(2, c->UnknownShapeOfRank(3));  // Of each sample.
      return absl::OkStatus();
    });

REGISTER_OP("SeqvisionConvolution")
    .Input("x: float")
    .Input("kernel: float")
    .Output("y: float")
    .SetShapeFn([](InferenceContext* c) {
      c->set_output(0, c->input(0));
      return absl::OkStatus();
    });

REGISTER_OP("SeqvisionConvolutionGradient")
    .Input("x: float")
    .Input("kernel: float")
    .Input("d_y: float")
    .Output("d_x: float")
    .Output("d_kernel: float")
    .SetShapeFn([](InferenceContext* c) {
      const auto x = c->input(0);
      c->set_output(0, x);
      c->set_output(1, c->MakeShape({c->UnknownDim(), c->Dim(x, 1), c->Dim(x, 2)}));
      return absl::OkStatus();
    });

const float* floats(const Tensor& tensor) {
  return tensor.NumElements() ? tensor.flat<float>().data() : nullptr;
}

float* floats(Tensor* tensor) {
  return tensor->NumElements() ? tensor->flat<float>().data() : nullptr;
}

class Layer : public OpKernel {
 public:
  explicit Layer(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("cell", &cell_));
    OP_REQUIRES_OK(context, context->GetAttr("go_backwards", &go_backwards_));
    OP_REQUIRES_OK(context, context->GetAttr("in_bfloat16", &in_bfloat16_));
    OP_REQUIRES_OK(context, context->GetAttr("at_once", &at_once_));
    OP_REQUIRES_OK(context, context->GetAttr("states", &states_));
  }

 protected:
  // Reads what both operations are given, and checks that it fits together.
  Status read(OpKernelContext* context, sv_layer* layer) const {
    const Tensor& x = context->input(0);
    const Tensor& kernel = context->input(1 + states_);
    const Tensor& recurrent_kernel = context->input(2 + states_);
    const Tensor& bias = context->input(3 + states_);
    const Tensor& recurrent_bias = context->input(4 + states_);
    const Tensor& mask = context->input(5 + states_);
    const Tensor& dropout = context->input(6 + states_);
    const auto fits = [](bool does, const char* what) {
      return does ? absl::OkStatus() : absl::InvalidArgumentError(what);
    };
    TF_RETURN_IF_ERROR(fits(x.dims() == 3, "x is not (batch, steps, features)"));
    TF_RETURN_IF_ERROR(fits(recurrent_kernel.dims() == 2 && kernel.dims() == 2,
                            "a kernel is not a matrix"));
    *layer = {};
    layer->cell = cell_;
    layer->go_backwards = go_backwards_;
    layer->in_bfloat16 = in_bfloat16_;
    layer->at_once = at_once_;
    layer->batch = x.dim_size(0), layer->steps = x.dim_size(1), layer->features = x.dim_size(2);
    layer->units = recurrent_kernel.dim_size(0);
    const int64_t columns = sv_gates(cell_) * layer->units;
    TF_RETURN_IF_ERROR(fits(states_ == sv_states(cell_), "another number of states"));
    TF_RETURN_IF_ERROR(fits(recurrent_kernel.dim_size(1) ==
                                    sv_recurrent_gates(cell_) * layer->units &&
                                kernel.dim_size(0) == layer->features &&
                                kernel.dim_size(1) == columns,
                            "the kernels do not fit x or each other"));
    const auto none_or = [](const Tensor& tensor, int64_t count) {
      return tensor.NumElements() == 0 || tensor.NumElements() == count;
    };
    const int64_t per_row = layer->batch * layer->units;
    for (int k = 0; k < states_; ++k) {
      const Tensor& state = context->input(1 + k);
      TF_RETURN_IF_ERROR(fits(none_or(state, per_row), "a state is not (batch, units)"));
      layer->first[k] = floats(state);
    }
    TF_RETURN_IF_ERROR(fits(none_or(bias, columns) && none_or(recurrent_bias, columns),
                            "a bias is not (gates * units)"));
    TF_RETURN_IF_ERROR(fits(none_or(mask, layer->batch * layer->steps),
                            "the mask is not (batch, steps)"));
    TF_RETURN_IF_ERROR(fits(none_or(dropout, per_row), "the dropout is not (batch, units)"));
    layer->x = floats(x);
    layer->kernel = floats(kernel);
    layer->recurrent_kernel = floats(recurrent_kernel);
    layer->bias = floats(bias);
    layer->recurrent_bias = floats(recurrent_bias);
    layer->dropout = floats(dropout);
    static_assert(sizeof(bool) == 1, "a mask is of bytes");
    if (mask.NumElements())
      layer->mask = reinterpret_cast<const uint8_t*>(mask.flat<bool>().data());
    return absl::OkStatus();
  }

  int cell_, at_once_, states_;
  bool go_backwards_, in_bfloat16_;
};

class Forward : public Layer {
 public:
  explicit Forward(OpKernelConstruction* context) : Layer(context) {
    OP_REQUIRES_OK(context, context->GetAttr("every", &every_));
    OP_REQUIRES_OK(context, context->GetAttr("keep", &keep_));
  }

  void Compute(OpKernelContext* context) override {
    sv_layer layer;
    OP_REQUIRES_OK(context, read(context, &layer));
    Tensor *outputs, *saved;
    const TensorShape each({layer.batch, layer.units});
    const TensorShape all({layer.batch, layer.steps, layer.units});
    OP_REQUIRES_OK(context,
                   context->allocate_output(0, every_ ? all : TensorShape({0}), &outputs));
    float* last[2] = {};
    for (int k = 0; k < states_; ++k) {
      Tensor* state;
      OP_REQUIRES_OK(context, context->allocate_output(1 + k, each, &state));
      last[k] = floats(state);
    }
    const TensorShape size({keep_ ? sv_saved_size(&layer) : 0});
    OP_REQUIRES_OK(context, context->allocate_output(1 + states_, size, &saved));
    sv_forward(&layer, floats(outputs), last, floats(saved));
  }

 private:
  bool every_, keep_;
};

class Gradient : public Layer {
 public:
  using Layer::Layer;

  void Compute(OpKernelContext* context) override {
    sv_layer layer;
    OP_REQUIRES_OK(context, read(context, &layer));
    const int after = 7 + states_;
    sv_gradients of = {};
    of.every = floats(context->input(after));
    of.saved = floats(context->input(after + 1));
    of.d_every = floats(context->input(after + 2));
    for (int k = 0; k < states_; ++k) of.d_last[k] = floats(context->input(after + 3 + k));
    float* results[7];
    for (int k = 0; k < states_ + 5; ++k) {
      Tensor* result;
      OP_REQUIRES_OK(context, context->allocate_output(k, context->input(k).shape(), &result));
      results[k] = floats(result);
    }
    of.d_x = results[0];
    for (int k = 0; k < states_; ++k) of.d_first[k] = results[1 + k];
    of.d_kernel = results[1 + states_];
    of.d_recurrent_kernel = results[2 + states_];
    of.d_bias = results[3 + states_];
    of.d_recurrent_bias = results[4 + states_];
    sv_backward(&layer, &of);
  }
};

class Recurrence : public OpKernel {
 public:
  explicit Recurrence(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("numbers", &numbers_));
    OP_REQUIRES_OK(context, context->GetAttr("reverse", &reverse_));
  }

 protected:
  // Reads a, first, and the shape of b or h, which comes between them.
  Status read(OpKernelContext* context, sv_recurrence* of) const {
    const Tensor& like = context->input(numbers_);
    if (like.dims() != 3) return absl::InvalidArgumentError("b is not (batch, steps, size)");
    *of = {};
    of->is_complex = numbers_ == 2;
    of->reverse = reverse_;
    of->batch = like.dim_size(0), of->steps = like.dim_size(1), of->size = like.dim_size(2);
    const Tensor& a = context->input(0);
    if (a.dims() != 3) return absl::InvalidArgumentError("a is not (batch, steps, size)");
    of->a_batch = a.dim_size(0), of->a_steps = a.dim_size(1);
    bool fits = (of->a_batch == 1 || of->a_batch == of->batch) &&
                (of->a_steps == 1 || of->a_steps == of->steps) && a.dim_size(2) == of->size;
    for (int n = 0; n < context->num_inputs(); ++n) {
      const int kind = n / numbers_;
      const int64_t count = kind == 0   ? a.NumElements()
                            : kind == 2 ? of->batch * of->size
                                        : like.NumElements();
      fits = fits && context->input(n).NumElements() == count;
    }
    if (!fits) return absl::InvalidArgumentError("the numbers do not fit each other");
    for (int n = 0; n < numbers_; ++n) {
      of->a[n] = floats(context->input(n));
      of->first[n] = floats(context->input(2 * numbers_ + n));
    }
    return absl::OkStatus();
  }

  int numbers_;
  bool reverse_;
};

class RecurrenceForward : public Recurrence {
 public:
  using Recurrence::Recurrence;

  void Compute(OpKernelContext* context) override {
    sv_recurrence of;
    OP_REQUIRES_OK(context, read(context, &of));
    const float* b[2] = {};
    float* h[2] = {};
    for (int n = 0; n < numbers_; ++n) {
      const Tensor& given = context->input(numbers_ + n);
      Tensor* state;
      OP_REQUIRES_OK(context, context->allocate_output(n, given.shape(), &state));
      b[n] = floats(given), h[n] = floats(state);
    }
    sv_recur(&of, b, h);
  }
};

class RecurrenceGradient : public Recurrence {
 public:
  using Recurrence::Recurrence;

  void Compute(OpKernelContext* context) override {
    sv_recurrence of;
    OP_REQUIRES_OK(context, read(context, &of));
    const float *h[2] = {}, *d_h[2] = {};
    sv_recurrence_gradients to = {};
    for (int n = 0; n < numbers_; ++n) {
      const Tensor& state = context->input(numbers_ + n);
      const Tensor& first = context->input(2 * numbers_ + n);
      const TensorShape by_row({of.batch, of.a_steps, of.size});
      Tensor *d_a, *d_b, *d_first;
      OP_REQUIRES_OK(context, context->allocate_output(n, by_row, &d_a));
      OP_REQUIRES_OK(context, context->allocate_output(numbers_ + n, state.shape(), &d_b));
      OP_REQUIRES_OK(context, context->allocate_output(2 * numbers_ + n, first.shape(), &d_first));
      h[n] = floats(state), d_h[n] = floats(context->input(3 * numbers_ + n));
      to.d_a[n] = floats(d_a), to.d_b[n] = floats(d_b), to.d_first[n] = floats(d_first);
    }
    sv_recur_back(&of, h, d_h, &to);
  }
};

class Scan : public OpKernel {
 public:
  using OpKernel::OpKernel;

 protected:
  static Status read(OpKernelContext* context, sv_scan* of) {
    const Tensor &x = context->input(0), &a = context->input(2);
    if (x.dims() != 3 || a.dims() != 2)
      return absl::InvalidArgumentError("x is not (batch, steps, features), or a no matrix");
    *of = {};
    of->batch = x.dim_size(0), of->steps = x.dim_size(1), of->features = x.dim_size(2);
    of->size = a.dim_size(1);
    const int64_t selected = of->batch * of->steps * of->size;
    const int64_t state = of->batch * of->features * of->size;
    const int64_t counts[] = {x.NumElements(), x.NumElements(), of->features * of->size,
                              selected,        selected,        state,
                              kept(*of),       x.NumElements(), state};
    for (int n = 0; n < context->num_inputs(); ++n)
      if (context->input(n).NumElements() != counts[n])
        return absl::InvalidArgumentError("the numbers do not fit each other");
    of->x = floats(x), of->step = floats(context->input(1)), of->a = floats(a);
    of->b = floats(context->input(3)), of->c = floats(context->input(4));
    of->first = floats(context->input(5));
    return absl::OkStatus();
  }

  static int64_t kept(const sv_scan& of) {
    return of.batch * ((of.steps + SV_SCAN_CHUNK - 1) / SV_SCAN_CHUNK) * of.features * of.size;
  }
};

class ScanForward : public Scan {
 public:
  using Scan::Scan;

  void Compute(OpKernelContext* context) override {
    sv_scan of;
    OP_REQUIRES_OK(context, read(context, &of));
    const TensorShape chunks({of.batch, of.batch ? kept(of) / of.batch : 0});
    Tensor *y, *last, *starts;
    OP_REQUIRES_OK(context, context->allocate_output(0, context->input(0).shape(), &y));
    OP_REQUIRES_OK(context, context->allocate_output(1, context->input(5).shape(), &last));
    OP_REQUIRES_OK(context, context->allocate_output(2, chunks, &starts));
    sv_scan_forward(&of, floats(y), floats(last), floats(starts));
  }
};

class ScanGradient : public Scan {
 public:
  using Scan::Scan;

  void Compute(OpKernelContext* context) override {
    sv_scan of;
    OP_REQUIRES_OK(context, read(context, &of));
    float* d[6];
    for (int k = 0; k < 6; ++k) {
      TensorShape shape = context->input(k).shape();
      if (k == 2) shape = TensorShape({of.batch, of.features, of.size});
      Tensor* result;
      OP_REQUIRES_OK(context, context->allocate_output(k, shape, &result));
      d[k] = floats(result);
    }
    const sv_scan_gradients to = {floats(context->input(6)), floats(context->input(7)),
                                  floats(context->input(8)), d[0], d[1], d[2], d[3], d[4], d[5]};
    sv_scan_backward(&of, &to);
  }
};

class Convolution : public OpKernel {
 public:
  using OpKernel::OpKernel;

 protected:
  static Status read(OpKernelContext* context, sv_convolution* of) {
    const Tensor &x = context->input(0), &kernel = context->input(1);
    if (x.dims() != 3) return absl::InvalidArgumentError("x is not (batch, steps, features)");
    *of = {};
    of->batch = x.dim_size(0), of->steps = x.dim_size(1), of->features = x.dim_size(2);
    const bool has_gradient = context->num_inputs() > 2;
    if (kernel.NumElements() != of->steps * of->features ||
        (has_gradient && context->input(2).NumElements() != x.NumElements()))
      return absl::InvalidArgumentError("the numbers do not fit each other");
    of->x = floats(x), of->kernel = floats(kernel);
    return absl::OkStatus();
  }
};

class ConvolutionForward : public Convolution {
 public:
  using Convolution::Convolution;

  void Compute(OpKernelContext* context) override {
    sv_convolution of;
    OP_REQUIRES_OK(context, read(context, &of));
    Tensor* y;
    OP_REQUIRES_OK(context, context->allocate_output(0, context->input(0).shape(), &y));
    sv_convolve(&of, floats(y));
  }
};

class ConvolutionGradient : public Convolution {
 public:
  using Convolution::Convolution;

  void Compute(OpKernelContext* context) override {
    sv_convolution of;
    OP_REQUIRES_OK(context, read(context, &of));
    const int64_t chunks = (of.batch + SV_CONVOLUTION_CHUNK - 1) / SV_CONVOLUTION_CHUNK;
    const TensorShape shape({chunks, of.steps, of.features});
    Tensor *d_x, *d_kernel;
    OP_REQUIRES_OK(context, context->allocate_output(0, context->input(0).shape(), &d_x));
    OP_REQUIRES_OK(context, context->allocate_output(1, shape, &d_kernel));
    sv_convolve_back(&of, floats(context->input(2)), floats(d_x), floats(d_kernel));
  }
};

REGISTER_KERNEL_BUILDER(Name("SeqvisionConvolution").Device(tensorflow::DEVICE_CPU),
                        ConvolutionForward);
REGISTER_KERNEL_BUILDER(Name("SeqvisionConvolutionGradient").Device(tensorflow::DEVICE_CPU),
                        ConvolutionGradient);
REGISTER_KERNEL_BUILDER(Name("SeqvisionScan").Device(tensorflow::DEVICE_CPU), ScanForward);
REGISTER_KERNEL_BUILDER(Name("SeqvisionScanGradient").Device(tensorflow::DEVICE_CPU),
                        ScanGradient);
REGISTER_KERNEL_BUILDER(Name("SeqvisionRecurrence").Device(tensorflow::DEVICE_CPU),
                        RecurrenceForward);
REGISTER_KERNEL_BUILDER(Name("SeqvisionRecurrenceGradient").Device(tensorflow::DEVICE_CPU),
                        RecurrenceGradient);
REGISTER_KERNEL_BUILDER(Name("SeqvisionLayer").Device(tensorflow::DEVICE_CPU), Forward);
REGISTER_KERNEL_BUILDER(Name("SeqvisionLayerGradient").Device(tensorflow::DEVICE_CPU), Gradient);

}  // namespace
