namespace Temper.Core.Errors;

/// <summary>Codes of recipes and training runs.</summary>
internal static class RecipeErrors
{
    public static readonly ErrorEntry[] Entries =
    [
    ];
}
