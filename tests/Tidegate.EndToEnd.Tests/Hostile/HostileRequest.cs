namespace Tidegate.EndToEnd.Tests.Hostile;

/// <summary>A request that tries something.</summary>
/// <param name="Name">What it tries; part of the test's name.</param>
/// <param name="Text">The bytes, as Latin-1; <c>{host}</c> stands for the backend's host name.</param>
/// <param name="Statuses">The statuses that are right.</param>
public sealed record HostileRequest(string Name, string Text, params int[] Statuses)
{
    /// <summary>A GET with these header lines after Host.</summary>
    public static HostileRequest Get(string name, string lines, params int[] statuses) =>
        new(name, $"GET /hostile HTTP/1.1\r\nHost: {{host}}\r\n{lines}\r\n", statuses);

    /// <summary>A POST with these header lines after Host and this body.</summary>
    public static HostileRequest Post(string name, string lines, string body, params int[] statuses) =>
        new(name, $"POST /hostile HTTP/1.1\r\nHost: {{host}}\r\n{lines}\r\n{body}", statuses);

    /// <summary>A chunked POST with this body.</summary>
    public static HostileRequest Chunked(string name, string body) =>
        Post(name, "Transfer-Encoding: chunked\r\n", body, 400);

    /// <summary>A GET with another request line.</summary>
    public static HostileRequest Line(string name, string line, params int[] statuses) =>
        new(name, $"{line}\r\nHost: {{host}}\r\n\r\n", statuses);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
