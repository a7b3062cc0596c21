using System.Text;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Routing;

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

/// <summary>
/// Changes to the fields of a request or an answer, in the order in which they are made: the most specific level first (weighted cluster, route,
/// virtual host, route configuration), within a level what is removed before what is added (istio-gateway.md 4.5). Immutable.
/// </summary>
public sealed class HeaderMutations
{
    /// <summary>No change.</summary>
    public static readonly HeaderMutations None = new([]);

    private readonly Step[] _steps;

    private HeaderMutations(Step[] steps)
    {
        _steps = steps;
    }

    /// <summary>Whether nothing is changed.</summary>
    public bool IsEmpty => _steps.Length == 0;

    /// <summary>The changes in order: one (kind, name, value) each; a removal has no value.</summary>
    public static HeaderMutations Of(IEnumerable<(HeaderMutationKind Kind, string Name, string Value)> steps)
    {
        Step[] made = [.. steps.Select(static step => new Step(step.Kind, step.Name, step.Value))];
        return made.Length == 0 ? None : new HeaderMutations(made);
    }

    /// <summary>Makes the changes.</summary>
    public void Apply(HeaderMap headers)
    {
        foreach (Step step in _steps)
        {
            switch (step.Kind)
            {
                case HeaderMutationKind.Remove:
                    headers.Remove(step.Name);
                    break;
                case HeaderMutationKind.Append:
                    headers.Add(step.Name, step.Value);
                    break;
                case HeaderMutationKind.AddIfAbsent:
                    if (!headers.Contains(step.Name))
                    {
                        headers.Add(step.Name, step.Value);
                    }

                    break;
                case HeaderMutationKind.SetIfPresent:
                    if (headers.Contains(step.Name))
                    {
                        headers.Set(step.Name, step.Value);
                    }

                    break;
                default:
                    headers.Set(step.Name, step.Value);
                    break;
            }
        }
    }

    private sealed class Step(HeaderMutationKind kind, string name, string value)
    {
        public readonly HeaderMutationKind Kind = kind;
        public readonly byte[] Name = Encoding.ASCII.GetBytes(name.ToLowerInvariant());
        public readonly byte[] Value = Encoding.UTF8.GetBytes(value);
    }
}
