using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Fields;

/// <summary>
/// Changes to the fields of a request or an answer, level by level: the most specific first (weighted cluster, route, virtual host, route
/// configuration). Within a level what is removed comes first, then what is set, then what is added; the values of a level are made of the
/// fields as they were before its first change but its removals (istio-gateway.md 4.5). Immutable.
/// </summary>
public sealed class HeaderMutations
{
    /// <summary>No change.</summary>
    public static readonly HeaderMutations None = new([]);

    private const int MaxValueBytes = 64 * 1024;

    private readonly Level[] _levels;

    private HeaderMutations(Level[] levels)
    {
        _levels = levels;
    }

    /// <summary>Whether nothing is changed.</summary>
    public bool IsEmpty => _levels.Length == 0;

    /// <summary>The changes of each level, in the order in which the levels are gone through.</summary>
    public static HeaderMutations Of(IEnumerable<IReadOnlyList<HeaderMutation>> levels)
    {
        Level[] made = [.. levels.Where(static level => level.Count > 0).Select(static level => new Level(level))];
        return made.Length == 0 ? None : new HeaderMutations(made);
    }

    /// <summary>Makes the changes.</summary>
    /// <param name="headers">The fields that are changed.</param>
    /// <param name="exchange">What values are made of.</param>
    public void Apply(HeaderMap headers, HttpExchange exchange)
    {
        foreach (Level level in _levels)
        {
            foreach (HeaderMutation removal in level.Removals)
            {
                removal.Apply(headers, default);
            }

            if (level.HasFormats)
            {
                ApplyFormatted(level.Changes, headers, exchange);
                continue;
            }

            foreach (HeaderMutation change in level.Changes)
            {
                change.Apply(headers, change.Literal);
            }
        }
    }

    // All values first, then all changes.
    private static void ApplyFormatted(HeaderMutation[] changes, HeaderMap headers, HttpExchange exchange)
    {
        var values = new ByteBuilder(stackalloc byte[1024]);
        Span<int> ends = changes.Length <= 64 ? stackalloc int[changes.Length] : new int[changes.Length];
        for (int i = 0; i < changes.Length; i++)
        {
            if (changes[i].Format is { } format)
            {
                AppendValue(format, exchange, ref values);
            }
            else
            {
                values.Append(changes[i].Literal);
            }

            ends[i] = values.Length;
        }

        int start = 0;
        for (int i = 0; i < changes.Length; i++)
        {
            changes[i].Apply(headers, values.Written[start..ends[i]]);
            start = ends[i];
        }

        values.Dispose();
    }

    // A value that could end a line, or is too long for any head, is none.
    private static void AppendValue(TextFormat format, HttpExchange exchange, ref ByteBuilder values)
    {
        int start = values.Length;
        for (int room = 256; room <= MaxValueBytes; room *= 4)
        {
            int length = format.Format(exchange, values.GetSpan(room));
            if (length >= 0)
            {
                values.Advance(length);
                if (!HttpTokens.IsFieldValue(values.Written[start..]))
                {
                    values.Truncate(start);
                }

                return;
            }
        }
    }

    private sealed class Level
    {
        public Level(IReadOnlyList<HeaderMutation> mutations)
        {
            Removals = [.. mutations.Where(static m => m.Kind == HeaderMutationKind.Remove)];
            Changes = [.. mutations.Where(static m => m.Overwrites), .. mutations.Where(static m => m.Kind != HeaderMutationKind.Remove && !m.Overwrites)];
            HasFormats = Changes.Any(static m => m.Format is not null);
        }

        public HeaderMutation[] Removals { get; }

        public HeaderMutation[] Changes { get; }

        public bool HasFormats { get; }
    }
}
