using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Formatting;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Fields;

/// <summary>What is done to a field (Envoy: <c>HeaderValueOption.append_action</c>, and removal).</summary>
public enum HeaderMutationKind : byte
{
    /// <summary>All fields of the name are removed.</summary>
    Remove,

    /// <summary>One more field.</summary>
    Append,

    /// <summary>A field, unless there is one.</summary>
    AddIfAbsent,

    /// <summary>One field instead of all of the name, or a new one.</summary>
    Set,

    /// <summary>One field instead of all of the name; nothing when there is none.</summary>
    SetIfPresent,
}

/// <summary>One change to one field. Immutable; shared by all workers.</summary>
public sealed class HeaderMutation
{
    private readonly byte[] _name;
    private readonly byte[] _literal;
    private readonly bool _keepsEmpty;

    private HeaderMutation(HeaderMutationKind kind, string name, byte[] literal, TextFormat? format, bool keepsEmpty)
    {
        Kind = kind;
        _name = Encoding.ASCII.GetBytes(name.ToLowerInvariant());
        _literal = literal;
        Format = format;
        _keepsEmpty = keepsEmpty;
    }

    /// <summary>What is done.</summary>
    public HeaderMutationKind Kind { get; }

    /// <summary>What makes the value; null when it is always the same.</summary>
    internal TextFormat? Format { get; }

    /// <summary>The value, where <see cref="Format"/> does not make it.</summary>
    internal ReadOnlySpan<byte> Literal => _literal;

    /// <summary>Whether it sets a field: those come before what appends (Envoy: within one list).</summary>
    internal bool Overwrites => Kind is HeaderMutationKind.Set or HeaderMutationKind.SetIfPresent;

    /// <summary>Removes all fields of a name.</summary>
    public static HeaderMutation Removal(string name) => new(HeaderMutationKind.Remove, name, [], null, false);

    /// <summary>A change whose value may have command operators (<c>%REQ(x-user)%</c>); a percent sign that is meant is written twice.</summary>
    /// <param name="kind">What is done; no removal.</param>
    /// <param name="name">The field's name, in any case.</param>
    /// <param name="value">The value.</param>
    /// <param name="keepsEmpty">Whether an empty value is set as well (Envoy: <c>keep_empty_value</c>).</param>
    /// <param name="mutation">The change.</param>
    /// <param name="error">What is wrong with the value.</param>
    public static bool TryCompile(
        HeaderMutationKind kind,
        string name,
        string value,
        bool keepsEmpty,
        [NotNullWhen(true)] out HeaderMutation? mutation,
        out string error)
    {
        mutation = null;
        if (FieldRules.CheckValue(value) is { } problem)
        {
            error = problem;
            return false;
        }

        if (TextFormat.Compile(value, omitEmpty: true, out error) is not { } format)
        {
            return false;
        }

        mutation = format.IsLiteral
            ? new HeaderMutation(kind, name, Encoding.UTF8.GetBytes(value.Replace("%%", "%", StringComparison.Ordinal)), null, keepsEmpty)
            : new HeaderMutation(kind, name, [], format, keepsEmpty);
        return true;
    }

    /// <summary>Makes the change with the value that it has for this exchange.</summary>
    internal void Apply(HeaderMap headers, ReadOnlySpan<byte> value)
    {
        if (Kind == HeaderMutationKind.Remove)
        {
            headers.Remove(_name);
            return;
        }

        if (value.IsEmpty && !_keepsEmpty)
        {
            return;
        }

        switch (Kind)
        {
            case HeaderMutationKind.Append:
                headers.Add(_name, value);
                break;
            case HeaderMutationKind.AddIfAbsent when headers.Contains(_name):
            case HeaderMutationKind.SetIfPresent when !headers.Contains(_name):
                break;
            case HeaderMutationKind.AddIfAbsent:
                headers.Add(_name, value);
                break;
            default:
                headers.Set(_name, value);
                break;
        }
    }
}
