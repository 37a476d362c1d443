using System.Security.Cryptography;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Versioning.Signing;

/// <summary>The public half of an ECDSA P-256 key. Its id is SHA-256 of its PEM text, as model-signing tools name keys.</summary>
public sealed class PublicKey
{
    private readonly byte[] _spki;

    private PublicKey(byte[] spki)
    {
        _spki = spki;
        Pem = PemEncoding.WriteString("PUBLIC KEY", spki) + "\n";
        Id = Digest.OfText(Pem);
    }

    /// <summary>What signatures name it by.</summary>
    public Digest Id { get; }

    /// <summary>SubjectPublicKeyInfo in PEM, ended by a line break.</summary>
    public string Pem { get; }

    /// <summary>SubjectPublicKeyInfo in base64 on one line, as settings hold it.</summary>
    public string Base64 => Convert.ToBase64String(_spki);

    /// <summary>Reads PEM, or the base64 of <see cref="Base64"/>.</summary>
    /// <exception cref="TemperException">Code <c>key_invalid</c>: anything else than a public key on P-256, a private key above all.</exception>
    public static PublicKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            using var key = ECDsa.Create();
            if (text.Contains("-----", StringComparison.Ordinal))
            {
                if (text.Contains("PRIVATE", StringComparison.Ordinal))
                    throw new TemperException("key_invalid", "This is a private key; what is shared and trusted is the public one.");
                key.ImportFromPem(text);
            }
            else
            {
                key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(text), out _);
            }
            return Of(key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or FormatException)
        {
            throw new TemperException("key_invalid", "The text is not a public key on the curve P-256, in PEM or base64.", inner: error);
        }
    }

    /// <summary>Whether a signature (DER) is this key's over these bytes.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    internal static PublicKey Of(ECDsa key)
    {
        if (key.ExportParameters(false).Curve.Oid.Value != "1.2.840.10045.3.1.7")
            throw new TemperException("key_invalid", "The key is not on the curve P-256.");
        return new(key.ExportSubjectPublicKeyInfo());
    }
}

/// <summary>An ECDSA P-256 key that signs.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa _key;

    private SigningKey(ECDsa key) => (_key, Public) = (key, PublicKey.Of(key));

    /// <summary>What others verify with.</summary>
    public PublicKey Public { get; }

    /// <summary>Makes a key from the system's randomness.</summary>
    public static SigningKey New() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a private key in PEM: PKCS#8, encrypted or not, or SEC1.</summary>
    /// <exception cref="TemperException">Code <c>key_invalid</c>.</exception>
    public static SigningKey Parse(string pem, string? password)
    {
        ArgumentNullException.ThrowIfNull(pem);
        var key = ECDsa.Create();
        try
        {
            if (!pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
                throw new ArgumentException("there is no private key in it");
            if (!pem.Contains("BEGIN ENCRYPTED", StringComparison.Ordinal))
                key.ImportFromPem(pem);
            else if (password is null)
                throw new ArgumentException("it is encrypted, and TEMPER_KEY_PASSWORD is not set");
            else
                key.ImportFromEncryptedPem(pem, password);
            return new(key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or TemperException)
        {
            key.Dispose();
            throw new TemperException("key_invalid", $"The key cannot be read: {error.Message.TrimEnd('.')}.", inner: error);
        }
    }

    /// <summary>Reads a key file.</summary>
    /// <exception cref="TemperException">Code <c>key_invalid</c>.</exception>
    public static SigningKey Load(string path, string? password)
    {
        if (!File.Exists(path))
            throw new TemperException("key_invalid", $"There is no key at {path}.", "Make one with `temper key new FILE`, and name it: temper config user.signingKey FILE.");
        return Parse(File.ReadAllText(path), password);
    }

    /// <summary>Writes the private key to a new file that only its owner can read, and the public one beside it with <c>.pub</c>.</summary>
    /// <exception cref="IOException">One of the files exists.</exception>
    public void Save(string path, string? password)
    {
        var pem = password is null
            ? _key.ExportPkcs8PrivateKeyPem()
            : _key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 600_000));
        Write(path + ".pub", Public.Pem, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Write(path, pem + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Signs: DER.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static void Write(string path, string text, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(text));
        file.Flush(flushToDisk: true);
    }
}
