using System.Security.Cryptography;
using System.Text;
using Tidegate.Proxy.Routing.Metadata;

namespace Tidegate.Proxy.Filters.Credentials;

/// <summary>A user that may come in.</summary>
/// <param name="Name">The name.</param>
/// <param name="Hash">The SHA-1 of the password.</param>
internal sealed record BasicUser(string Name, byte[] Hash)
{
    /// <summary>The name for metadata.</summary>
    public MetadataValue Noted { get; } = MetadataValue.Of(Name);
}

/// <summary>Users with the SHA-1 of their passwords, as <c>htpasswd -s</c> writes them (<c>name:{SHA}BASE64</c>). Immutable.</summary>
internal sealed class PasswordTable
{
    /// <summary>What a hash begins with.</summary>
    public const string Scheme = "{SHA}";

    private static readonly byte[] Nobody = RandomNumberGenerator.GetBytes(SHA1.HashSizeInBytes);

    private readonly Dictionary<string, BasicUser> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BasicUser>.AlternateLookup<ReadOnlySpan<char>> _byChars;

    private PasswordTable() => _byChars = _users.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Reads a file of users; null, and what is wrong, when it cannot be read. Nothing of it is in the message but the line's number.</summary>
    public static PasswordTable? Parse(string text, out string problem)
    {
        var table = new PasswordTable();
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            byte[] hash = new byte[SHA1.HashSizeInBytes + 1];
            problem = colon <= 0 ? $"line {i + 1} is not NAME:HASH"
                : !line.AsSpan(colon + 1).StartsWith(Scheme, StringComparison.Ordinal) ? $"line {i + 1}: the hash is not {Scheme}"
                : !Convert.TryFromBase64Chars(line.AsSpan(colon + 1 + Scheme.Length), hash, out int length) || length != SHA1.HashSizeInBytes ? $"line {i + 1}: the hash is no SHA-1"
                : !table._users.TryAdd(Latin(line[..colon]), new BasicUser(line[..colon], hash[..^1])) ? $"line {i + 1}: the user is there twice"
                : string.Empty;
            if (problem.Length > 0)
            {
                return null;
            }
        }

        problem = string.Empty;
        return table;
    }

    /// <summary>The user who has this name and this password; null when there is none. Takes as long for a name that is not there.</summary>
    public BasicUser? Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> password)
    {
        Span<char> chars = stackalloc char[BasicAuthFilter.MaxCredentialBytes];
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        int length = Encoding.Latin1.GetChars(name, chars);
#pragma warning disable CA5350 // what htpasswd files have; Envoy takes nothing else
        SHA1.HashData(password, hash);
#pragma warning restore CA5350
        _byChars.TryGetValue(chars[..length], out BasicUser? user);
        return CryptographicOperations.FixedTimeEquals(hash, user?.Hash ?? Nobody) ? user : null;
    }

    // Bytes as characters, so that a request's can be looked up as they are.
    private static string Latin(string name) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(name));
}
