#!/bin/sh
# Says before anything costs money what this deployment will ask of the subscription.
set -eu
case "${Trainer__Gpu:-true}" in
  [Ff]alse) echo "Training on processors: no GPU quota is needed." ;;
  *) echo "Training on ${Trainer__GpuProfile:-Consumption-GPU-NC24-A100} in ${AZURE_LOCATION:-the chosen region}: the subscription needs quota for it there (docs/deploy.md). Trainer__Gpu=false azd up does without." ;;
esac
