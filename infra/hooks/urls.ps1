# Prints where things are after `azd up`. azd gives its environment's values as variables.
$ErrorActionPreference = 'Stop'
$group = if ($env:AZURE_RESOURCE_GROUP) { $env:AZURE_RESOURCE_GROUP } else { "rg-$($env:AZURE_ENV_NAME)" }
Write-Host "`nTemper is deployed in resource group ${group}:"
$inside = $false
if (Get-Command az -ErrorAction SilentlyContinue) {
  $apps = az containerapp list -g $group --query "[?properties.configuration.ingress].{name: name, external: properties.configuration.ingress.external, fqdn: properties.configuration.ingress.fqdn}" -o json | ConvertFrom-Json
  if (-not $apps) {
    Write-Host "  (no addresses: az login, then az containerapp list -g $group)"
  }
  $inside = $apps -and -not ($apps | Where-Object { $_.name -eq 'registry' -and $_.external })
  foreach ($app in $apps) {
    Write-Host "  $($app.name): https://$($app.fqdn)$(if (-not $app.external) { ' (inside the environment only)' })"
  }
} else {
  Write-Host '  (install the Azure CLI to list the addresses here)'
}
if ($env:AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN) {
  Write-Host "  Aspire dashboard: https://aspire-dashboard.ext.$($env:AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN)"
}
if ($inside) {
  Write-Host '  To reach the registry from outside: "Public": true under "Registry" in AppHost/appsettings.json, then azd up (azd asks for an API key).'
}
