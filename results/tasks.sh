#!/bin/sh
# Trains all that results/models.md, results/pixels.md and results/orders.md show. What is finished is
# not trained again and what was cut short goes on from its last epoch, so stop it at any time and
# call it again:
#   sh results/tasks.sh                     every task
#   sh results/tasks.sh rows orders         some of them
#   timeout -s INT 570 sh results/tasks.sh gpu    pieces of ten minutes, on a GPU lent for so long
# Hours on two cores, by task: rows 2, orders and orders_fashion 1 each, and 1.7 each for sequential,
# permuted, reversal and fashion. `gpu` is the same tasks as published, 784 pixels and 40 epochs, with
# KERAS_BACKEND=jax; CIFAR-10 is read from its files if SEQVISION_DATA has them.
set -e
cd "$(dirname "$0")/.."
published=results/published
# Models which read steps one by one; the others read images whole. An LMU is told how many to keep.
readers="$(ls results/models/blocks_*.yaml | grep -v lmu) results/models/gru.yaml
results/models/lstm.yaml results/models/simple_rnn.yaml results/models/indrnn.yaml
results/models/layer_norm_lstm.yaml"

status=0
train() {  # train CONFIG… OPTION…: where a run fails, what comes after it is trained nevertheless.
    seqvision run "$@" || status=$?
    [ $status -ne 130 ] || exit 130 # Ctrl-C.
}

models() {  # models FOLDER OPTION…: every model, reading rows.
    folder=$1; shift
    train results/models/*.yaml --jobs auto --results "$published/$folder" "$@"
}

read_by() {  # read_by STEPS OPTION…: every reader.
    steps=$1; shift
    # shellcheck disable=SC2086
    train $readers "$@"
    train results/models/blocks_lmu.yaml --set "model.mixer.theta=$steps" "$@"
}

pixels() {  # pixels SCAN OPTION…: 14 × 14 pixels, one epoch of 20,000 images.
    scan=$1; shift
    read_by 196 --jobs auto --results "$published/pixels" --set "grid={model.scan: [$scan]}" \
        --set 'model.input={name: pixels, shrink: 2}' --set data.training=20000 \
        --set train.epochs=1 --set train.batch_size=32 "$@"
}

long() {  # long SCAN STEPS OPTION…: all pixels, as in the papers.
    scan=$1 steps=$2; shift 2
    read_by "$steps" --results "$published/gpu" --set "grid={model.scan: [$scan]}" \
        --set train.epochs=40 "$@"
}

orders() {  # orders OPTION…
    train results/orders/*.yaml --jobs auto --results "$published/orders" "$@"
}

for task in "${@:-all}"; do
    case $task in
        rows) models models_rows ;;
        sequential) pixels pixels ;;
        permuted) pixels '{name: permuted, by: urnn}' ;;
        reversal) pixels '{name: permuted, by: bit_reversal}' ;;
        fashion) pixels pixels --set data.dataset=fashion_mnist ;;
        orders) orders ;;
        orders_fashion) orders --set data.dataset=fashion_mnist ;;
        gpu)
            long pixels 784
            long '{name: permuted, by: urnn}' 784
            long '{name: permuted, by: bit_reversal}' 784
            long pixels 784 --set data.dataset=fashion_mnist
            long pixels 1024 --set data.dataset=cifar10
            ;;
        all) sh results/tasks.sh rows orders orders_fashion sequential permuted reversal fashion || status=$? ;;
        *) echo "no such task: $task" >&2; exit 2 ;;
    esac
done
exit $status
