#!/bin/sh
# Says before anything costs money what this deployment will ask of the subscription. Like AppHost: a variable of the shell first, then AppHost/appsettings.json.
set -eu
setting() { # SECTION KEY; azd runs hooks in the project's folder
  sed -n "/\"$1\"/,/}/p" AppHost/appsettings.json 2>/dev/null | sed -n "s/.*\"$2\"[[:space:]]*:[[:space:]]*\"\{0,1\}\([^\", ]*\).*/\1/p"
}
train=${Trainer__Gpu:-$(setting Trainer Gpu)}
serve=${Serve__Gpu:-$(setting Serve Gpu)}
profile=${Trainer__GpuProfile:-$(setting Trainer GpuProfile)}
profile="${profile:-Consumption-GPU-NC24-A100} in ${AZURE_LOCATION:-the chosen region}: the subscription needs quota for it there (docs/deploy.md)."
case "$train/$serve" in
  [Ff]alse/[Tt]rue) echo "Training on processors, serving on $profile" ;;
  [Ff]alse/*) echo "Training on processors: no GPU quota is needed." ;;
  *) echo "Training on $profile Trainer__Gpu=false azd up does without." ;;
esac
