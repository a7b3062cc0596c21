using System.Text;
using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Routing;

/// <summary>Where the new host of a request comes from (Envoy: <c>host_rewrite_specifier</c>).</summary>
public enum HostRewriteKind : byte
{
    /// <summary>A fixed text.</summary>
    Literal,

    /// <summary>The name of the endpoint that is chosen, where the cluster's endpoints have one.</summary>
    Endpoint,

    /// <summary>The value of a field, where the request has it.</summary>
    Header,

    /// <summary>The path, with an expression's matches replaced.</summary>
    Path,
}

/// <summary>How the host changes on its way upstream.</summary>
public sealed class HostRewrite
{
    private HostRewrite(HostRewriteKind kind, string text, Re2Pattern? pattern, Re2Substitution? substitution)
    {
        Kind = kind;
        Text = text;
        Bytes = Encoding.UTF8.GetBytes(text);
        Pattern = pattern;
        Substitution = substitution;
    }

    /// <summary>The name of the endpoint that is chosen.</summary>
    public static HostRewrite OfEndpoint { get; } = new(HostRewriteKind.Endpoint, string.Empty, null, null);

    /// <summary>Where the new host comes from.</summary>
    public HostRewriteKind Kind { get; }

    /// <summary>The fixed text, or the field's name.</summary>
    public string Text { get; }

    /// <summary><see cref="Text"/> as bytes.</summary>
    internal ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>For <see cref="HostRewriteKind.Path"/>.</summary>
    internal Re2Pattern? Pattern { get; }

    /// <summary>For <see cref="HostRewriteKind.Path"/>.</summary>
    internal Re2Substitution? Substitution { get; }

    /// <summary>A fixed text.</summary>
    public static HostRewrite OfLiteral(string text) => new(HostRewriteKind.Literal, text, null, null);

    /// <summary>The value of a field.</summary>
    public static HostRewrite OfHeader(string name) => new(HostRewriteKind.Header, name, null, null);

    /// <summary>The path, with an expression's matches replaced.</summary>
    public static HostRewrite OfPath(Re2Pattern pattern, Re2Substitution substitution) => new(HostRewriteKind.Path, string.Empty, pattern, substitution);
}
