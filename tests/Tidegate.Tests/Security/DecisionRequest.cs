using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tidegate.Tests.Security;

/// <summary>A request of the table, as decisions.yaml writes it.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">The target.</param>
internal sealed record DecisionRequest(string Method, string Target)
{
    /// <summary>The key that tokens are signed with.</summary>
    public static readonly byte[] Key = "a key that is long enough for HS256"u8.ToArray();

    /// <summary>The Host field.</summary>
    public string Host { get; private init; } = "app.test";

    /// <summary>The client's address.</summary>
    public string From { get; private init; } = "127.0.0.1";

    /// <summary>The server name for TLS; null for plain HTTP.</summary>
    public string? ServerName { get; private init; }

    /// <summary>The names of the client's certificate; null for none.</summary>
    public string[]? Certificate { get; private init; }

    /// <summary>The fields, each whole.</summary>
    public IReadOnlyList<string> Fields { get; private init; } = [];

    /// <summary>Reads a line.</summary>
    public static DecisionRequest Parse(string line)
    {
        string[] words = line.Split(' ');
        var request = new DecisionRequest(words[0], words[1]);
        foreach (string word in words[2..])
        {
            request = Read(request, word);
        }

        return request;
    }

    /// <summary>As it is sent.</summary>
    public byte[] ToBytes() =>
        Encoding.Latin1.GetBytes($"{Method} {Target} HTTP/1.1\r\nhost: {Host}\r\nconnection: close\r\n{string.Concat(Fields.Select(static field => field + "\r\n"))}\r\n");

    private static DecisionRequest Read(DecisionRequest request, string word)
    {
        (string name, string value) = word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (word[..at], word[(at + 1)..]) : (word, string.Empty);
        switch (name)
        {
            case "host":
                return request with { Host = value };
            case "from":
                return request with { From = value };
            case "tls":
                return request with { ServerName = request.ServerName ?? "app.test" };
            case "sni":
                return request with { ServerName = value };
            case "cert":
                return request with { ServerName = request.ServerName ?? "app.test", Certificate = value == "-" ? [] : value.Split(',') };
            case "jwt" or "bad":
                return request with { Fields = [.. request.Fields, $"authorization: Bearer {Token(value.Replace('+', ' '), name == "jwt" ? Key : "another key"u8)}"] };
            default:
                int colon = word.IndexOf(':', StringComparison.Ordinal);
                return request with { Fields = [.. request.Fields, $"{word[..colon]}: {word[(colon + 1)..].Replace('+', ' ')}"] };
        }
    }

    private static string Token(string payload, ReadOnlySpan<byte> key)
    {
        string signed = $"{Encode("{\"alg\":\"HS256\"}")}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
