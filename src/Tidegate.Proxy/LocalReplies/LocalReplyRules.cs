using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.LocalReplies;

/// <summary>
/// What becomes of answers of our own before the client gets them (Envoy: <c>LocalReplyConfig</c>): the first mapper whose filter takes the
/// answer changes it, and then its body is formatted. What upstreams answer is not touched. Immutable.
/// </summary>
internal sealed class LocalReplyRules(IReadOnlyList<LocalReplyMapper> mappers, LocalReplyBody? format)
{
    private const int MaxBodyBytes = 256 * 1024;

    private readonly LocalReplyMapper[] _mappers = [.. mappers];

    /// <summary>The answer as the client gets it.</summary>
    /// <param name="exchange">The exchange; its flags and details tell what the answer is.</param>
    /// <param name="status">The status that is meant.</param>
    /// <param name="body">The body that is meant.</param>
    /// <param name="memory">Where a body is made; grows as needed and is kept for the next one.</param>
    public LocalAnswer Apply(HttpExchange exchange, int status, ReadOnlyMemory<byte> body, ref byte[] memory)
    {
        // Filters and operators see the answer that is meant.
        exchange.ResponseStatus = status;
        exchange.LocalReplyBody = body;
        LocalAnswer answer = LocalAnswer.Of(status, body);
        LocalReplyBody? formatter = format;
        foreach (LocalReplyMapper mapper in _mappers)
        {
            if (!mapper.Filter.Takes(exchange))
            {
                continue;
            }

            answer = answer with { Status = mapper.Status ?? status, Body = mapper.Body ?? body, Headers = mapper.Headers };
            exchange.ResponseStatus = answer.Status;
            exchange.LocalReplyBody = answer.Body;
            formatter = mapper.Format ?? format;
            break;
        }

        return formatter is null ? answer : answer with { Body = Format(formatter, exchange, ref memory), ContentType = formatter.ContentType };
    }

    private static ReadOnlyMemory<byte> Format(LocalReplyBody formatter, HttpExchange exchange, ref byte[] memory)
    {
        if (memory.Length == 0)
        {
            memory = new byte[1024];
        }

        while (true)
        {
            int length = formatter.Write(exchange, memory);
            if (length >= 0)
            {
                return memory.AsMemory(0, length);
            }

            if (memory.Length >= MaxBodyBytes)
            {
                return exchange.LocalReplyBody; // longer than any operator's values make it: a bug of the format's author
            }

            memory = new byte[memory.Length * 4];
        }
    }
}
