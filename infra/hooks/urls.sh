#!/bin/sh
# Prints where things are after `azd up`. azd gives its environment's values as variables.
set -eu
group=${AZURE_RESOURCE_GROUP:-}
[ -n "$group" ] || group="rg-${AZURE_ENV_NAME:?azd did not say which environment this is}"
echo
echo "Temper is deployed in resource group $group:"
inside=
if command -v az >/dev/null 2>&1; then
  apps=$(az containerapp list -g "$group" --query "[?properties.configuration.ingress].[name, properties.configuration.ingress.external, properties.configuration.ingress.fqdn]" -o tsv) && inside=yes || apps=
  [ -n "$apps" ] || { inside=; echo "  (no addresses: az login, then az containerapp list -g $group)"; }
  while IFS="$(printf '\t')" read -r name external address; do
    case "$name/$external" in
      /*) ;;
      */[Tt]rue)
        echo "  $name: https://$address"
        [ "$name" != registry ] || inside=
        ;;
      *) echo "  $name: https://$address (inside the environment only)" ;;
    esac
  done <<EOF
$apps
EOF
else
  echo "  (install the Azure CLI to list the addresses here)"
fi
[ -z "${AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN:-}" ] ||
  echo "  Aspire dashboard: https://aspire-dashboard.ext.$AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN"
[ -z "$inside" ] ||
  echo "  To reach the registry from outside: \"Public\": true under \"Registry\" in AppHost/appsettings.json, then azd up (azd asks for an API key)."
