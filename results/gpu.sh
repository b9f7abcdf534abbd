#!/bin/sh
# Measures on one GPU, with JAX, what results/speed.md says of GPUs, the most important first, and
# stops after MINUTES: those rows are kept that were measured whole. PyTorch, if it is there, takes
# part.
#   sh results/gpu.sh             eight minutes
#   MINUTES=30 ROUNDS=5 sh results/gpu.sh
# Records of `bench` come to results/published/bench; runs to results/gpu, whose records say
# images/s and seconds.
cd "$(dirname "$0")/.." || exit
export KERAS_BACKEND="${KERAS_BACKEND:-jax}" XLA_PYTHON_CLIENT_PREALLOCATE=false
ends=$(($(date +%s) + 60 * ${MINUTES:-8}))

within() {  # within COMMAND…: unless the time is over, when it is stopped as by Ctrl-C.
    left=$((ends - $(date +%s)))
    [ "$left" -gt 10 ] || return 0
    echo "== $*"
    timeout --foreground -s INT "$left" "$@" || [ $? != 130 ] || exit 130  # Ctrl-C ends it all.
}
bench() { within seqvision bench "$@" --rounds "${ROUNDS:-2}" --seconds 1 -o results/published/bench; }
run() { within seqvision run "$@" --results results/gpu --quiet; }

# A run against a bare fit of the same model; layers against Keras's and PyTorch's.
bench gru3 --harness
bench gru3 --as layers --against keras,torch
run gru3 --seeds 0 --set train.epochs=4
bench gru1 --set model.scan=pixels --as layers --against keras,torch
bench lstm2_fast --harness
# All of MNIST to 98.5 % test accuracy: the seconds of the three runs, and their errors.
run lstm2_fast --seeds 0-2
# With augmentation and without.
run two_way_lstm_augmented --seeds 0 --set train.epochs=2 --set name=augmented
run two_way_lstm_augmented --seeds 0 --set train.epochs=2 --set train.augment=null --set name=plain
bench gru3 --harness --set train.batch_size=512
bench lstm2_fast --harness --set train.batch_size=512
bench gru3 --as layers --against keras,torch --set train.batch_size=512
bench lstm3 --as layers --against keras,torch
