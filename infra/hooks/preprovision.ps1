# Says before anything costs money what this deployment will ask of the subscription. Like AppHost: a variable of the shell first, then AppHost/appsettings.json.
$settings = Get-Content AppHost/appsettings.json -Raw | ConvertFrom-Json
$train = if ($env:Trainer__Gpu) { $env:Trainer__Gpu } else { "$($settings.Trainer.Gpu)" }
$serve = if ($env:Serve__Gpu) { $env:Serve__Gpu } else { "$($settings.Serve.Gpu)" }
$profile = if ($env:Trainer__GpuProfile) { $env:Trainer__GpuProfile } elseif ($settings.Trainer.GpuProfile) { $settings.Trainer.GpuProfile } else { 'Consumption-GPU-NC24-A100' }
$needed = "$profile in $($env:AZURE_LOCATION): the subscription needs quota for it there (docs/deploy.md)."
if ($train -ne 'false') {
  Write-Host "Training on $needed `$env:Trainer__Gpu='false' does without."
} elseif ($serve -eq 'true') {
  Write-Host "Training on processors, serving on $needed"
} else {
  Write-Host 'Training on processors: no GPU quota is needed.'
}
