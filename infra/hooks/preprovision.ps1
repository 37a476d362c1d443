# Says before anything costs money what this deployment will ask of the subscription.
if ($env:Trainer__Gpu -eq 'false') {
  Write-Host 'Training on processors: no GPU quota is needed.'
} else {
  $profile = if ($env:Trainer__GpuProfile) { $env:Trainer__GpuProfile } else { 'Consumption-GPU-NC24-A100' }
  Write-Host "Training on $profile in $($env:AZURE_LOCATION): the subscription needs quota for it there (docs/deploy.md). `$env:Trainer__Gpu='false' does without."
}
