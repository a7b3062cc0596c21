using System.Globalization;
using System.Text;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>One of the cookies that clients keep: its name and attributes (RFC 6265, section 4.1), written as Envoy does. Immutable.</summary>
internal sealed class OAuth2Cookie
{
    // What clients have to keep of one cookie, name and attributes included (RFC 6265, section 6.1).
    private const int MaxCookieBytes = 4096;

    private readonly string _path;
    private readonly string _domain;
    private readonly string _flags;

    /// <param name="name">Its name.</param>
    /// <param name="domain">The domain that it is for; empty for the host of the request.</param>
    /// <param name="path">The path that it is for.</param>
    /// <param name="flags">Further attributes, each behind a semicolon: <c>;SameSite=Lax</c>.</param>
    public OAuth2Cookie(string name, string domain, string path, string flags)
    {
        Name = name;
        NameBytes = Encoding.ASCII.GetBytes(name);
        ChunkPrefix = Encoding.ASCII.GetBytes($"{name}-");
        FlowPrefix = Encoding.ASCII.GetBytes($"{name}.");
        _path = path;
        _domain = domain.Length == 0 ? string.Empty : $";domain={domain}";
        _flags = flags;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The same in bytes.</summary>
    public byte[] NameBytes { get; }

    /// <summary>What the names of the second and further pieces begin with, where a value is too long for one cookie.</summary>
    public byte[] ChunkPrefix { get; }

    /// <summary>What the names begin with where each login under way has one of its own.</summary>
    public byte[] FlowPrefix { get; }

    /// <summary>The value of <c>set-cookie</c> that sets it.</summary>
    /// <param name="name">Its name, or that of a piece or a login.</param>
    /// <param name="value">The value.</param>
    /// <param name="seconds">How long it is kept.</param>
    public string Set(string name, string value, long seconds) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}{Tail(seconds)}");

    /// <summary>The value of <c>set-cookie</c> that takes it away.</summary>
    /// <param name="name">Its name, or that of a piece or a login.</param>
    public string Delete(string name)
    {
        // Browsers refuse these names without the attribute, also when they are to forget them.
        bool isSecure = name.StartsWith("__Secure-", StringComparison.Ordinal) || name.StartsWith("__Host-", StringComparison.Ordinal);
        return $"{name}=deleted; path={_path}; expires=Thu, 01 Jan 1970 00:00:00 GMT{_domain}{(isSecure ? "; Secure" : string.Empty)}";
    }

    /// <summary>Cuts a value into as many pieces as cookies need (<see cref="CookieChunks"/>), and gives the values of <c>set-cookie</c>.</summary>
    public IEnumerable<string> SetInChunks(string value, long seconds)
    {
        int room = MaxCookieBytes - Name.Length - "-99=".Length - Tail(seconds).Length;
        return CookieChunks.Cut(value, Math.Max(room, 256)).Select((piece, i) => Set(ChunkName(i), piece, seconds));
    }

    /// <summary>The name of a piece; the first has that of the cookie.</summary>
    public string ChunkName(int index) => index == 0 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}-{index}");

    /// <summary>The name of a login's own.</summary>
    public string FlowName(string flow) => $"{Name}.{flow}";

    private string Tail(long seconds) => string.Create(CultureInfo.InvariantCulture, $"{_domain};path={_path};Max-Age={seconds};secure;HttpOnly{_flags}");
}
