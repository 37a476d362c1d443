namespace Temper.Ingest;

/// <summary>Decides one filter, for a value or for all values between two bounds.</summary>
internal sealed class ValueRule(RowOperator kind, IReadOnlyList<FilterConstant> constants)
{
    /// <summary>Whether a row with this value stays.</summary>
    public bool Holds(FilterValue value)
    {
        if (kind is RowOperator.Equal or RowOperator.In)
            return Names(value);
        if (kind is RowOperator.NotEqual or RowOperator.NotIn)
            return !Names(value) && (value.Kind != FilterKind.Null || (kind == RowOperator.NotEqual && constants[0].Kind == FilterKind.Null));
        if (FilterValue.Compare(value, constants[0].Value) is not { } order || value.Kind == FilterKind.Null)
            return false;
        return kind switch
        {
            RowOperator.Less => order < 0,
            RowOperator.LessOrEqual => order <= 0,
            RowOperator.Greater => order > 0,
            _ => order >= 0,
        };
    }

    /// <summary>Whether no value between two bounds can hold, nulls aside.</summary>
    public bool ExcludesBetween(FilterValue lowest, FilterValue highest)
    {
        if (kind is RowOperator.NotEqual or RowOperator.NotIn)
            return false;
        foreach (var constant in constants)
        {
            if (constant.Kind != FilterKind.Null && !Excludes(constant.Value, lowest, highest))
                return false;
        }
        return true;
    }

    /// <summary>Whether a null can hold.</summary>
    public bool HoldsNull => Holds(default);

    private bool Excludes(FilterValue constant, FilterValue lowest, FilterValue highest)
    {
        if (FilterValue.Compare(lowest, constant) is not { } low || FilterValue.Compare(highest, constant) is not { } high)
            return false;
        return kind switch
        {
            RowOperator.Less => low >= 0,
            RowOperator.LessOrEqual => low > 0,
            RowOperator.Greater => high <= 0,
            RowOperator.GreaterOrEqual => high < 0,
            _ => low > 0 || high < 0,
        };
    }

    private bool Names(FilterValue value)
    {
        foreach (var constant in constants)
        {
            if (FilterValue.Compare(value, constant.Value) == 0)
                return true;
        }
        return false;
    }
}
