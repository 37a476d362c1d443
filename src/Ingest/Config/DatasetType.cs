namespace Temper.Ingest;

/// <summary>What a dataset of a configuration is.</summary>
public enum DatasetType
{
    /// <summary>Records of text: chats, prompts and completions, plain text.</summary>
    Text,

    /// <summary>Pairs or labels of what is preferred.</summary>
    Preference,

    /// <summary>Pictures with captions.</summary>
    Image,

    /// <summary>Films with captions.</summary>
    Video,

    /// <summary>Pictures that go with the pictures of another dataset.</summary>
    Conditioning,

    /// <summary>Data that is never trained on.</summary>
    Eval,

    /// <summary>Captions without pictures.</summary>
    Caption,

    /// <summary>A store of embedded texts.</summary>
    TextEmbeds,

    /// <summary>A store of embedded pictures.</summary>
    ImageEmbeds,

    /// <summary>A store of embedded conditioning pictures.</summary>
    ConditioningImageEmbeds,
}

/// <summary>What the records of a dataset are made of.</summary>
public enum Modality
{
    /// <summary>Words.</summary>
    Text,

    /// <summary>Pictures.</summary>
    Image,

    /// <summary>Films.</summary>
    Video,
}
