#!/bin/sh
# Says before anything costs money what this deployment will ask of the subscription. Like AppHost: a variable of the shell first, then AppHost/appsettings.json.
set -eu
setting() { # KEY under "Trainer"; azd runs hooks in the project's folder
  sed -n '/"Trainer"/,/}/p' AppHost/appsettings.json 2>/dev/null | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\{0,1\}\([^\", ]*\).*/\1/p"
}
gpu=${Trainer__Gpu:-$(setting Gpu)}
profile=${Trainer__GpuProfile:-$(setting GpuProfile)}
case "$gpu" in
  [Ff]alse) echo "Training on processors: no GPU quota is needed." ;;
  *) echo "Training on ${profile:-Consumption-GPU-NC24-A100} in ${AZURE_LOCATION:-the chosen region}: the subscription needs quota for it there (docs/deploy.md). Trainer__Gpu=false azd up does without." ;;
esac
