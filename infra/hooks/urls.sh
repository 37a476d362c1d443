#!/bin/sh
# Prints where things are after `azd up`. azd gives its environment's values as variables.
set -eu
group=${AZURE_RESOURCE_GROUP:-}
[ -n "$group" ] || group="rg-${AZURE_ENV_NAME:?azd did not say which environment this is}"
echo
echo "Temper is deployed in resource group $group:"
if command -v az >/dev/null 2>&1; then
  az containerapp list -g "$group" --query "[?properties.configuration.ingress].[name, properties.configuration.ingress.external, properties.configuration.ingress.fqdn]" -o tsv |
    while IFS="$(printf '\t')" read -r name external address; do
      case "$external" in
        [Tt]rue) echo "  $name: https://$address" ;;
        *) echo "  $name: https://$address (inside the environment only)" ;;
      esac
    done
else
  echo "  (install the Azure CLI to list the addresses here)"
fi
[ -z "${AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN:-}" ] ||
  echo "  Aspire dashboard: https://aspire-dashboard.ext.$AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN"
echo "  To reach the registry from outside: Registry__Public=true azd up (azd asks for an API key)."
