# Says before anything costs money what this deployment will ask of the subscription. Like AppHost: a variable of the shell first, then AppHost/appsettings.json.
$trainer = (Get-Content AppHost/appsettings.json -Raw | ConvertFrom-Json).Trainer
$gpu = if ($env:Trainer__Gpu) { $env:Trainer__Gpu } else { "$($trainer.Gpu)" }
if ($gpu -eq 'false') {
  Write-Host 'Training on processors: no GPU quota is needed.'
} else {
  $profile = if ($env:Trainer__GpuProfile) { $env:Trainer__GpuProfile } elseif ($trainer.GpuProfile) { $trainer.GpuProfile } else { 'Consumption-GPU-NC24-A100' }
  Write-Host "Training on $profile in $($env:AZURE_LOCATION): the subscription needs quota for it there (docs/deploy.md). `$env:Trainer__Gpu='false' does without."
}
