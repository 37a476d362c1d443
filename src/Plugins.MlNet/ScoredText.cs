using Microsoft.ML.Data;

namespace Temper.Plugins.MlNet;

/// <summary>What a model is given: the record's text in a column <c>Text</c>.</summary>
public sealed class TextInput
{
    /// <summary>All text of the record, one message a line.</summary>
    public string Text { get; set; } = "";
}

/// <summary>What a model must give: a column <c>Probability</c>, as calibrated binary classifiers do.</summary>
public sealed class TextScore
{
    /// <summary>Probability of the positive class, 0 to 1.</summary>
    [ColumnName("Probability")]
    public float Value { get; set; }
}
