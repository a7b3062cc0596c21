using System.Buffers;
using Tidegate.Http;
using Tidegate.Proxy.Filters.Compression;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Filters;

/// <summary>An exchange as its filters need it: filters lie below what runs exchanges. Filters themselves ask their <see cref="FilterRun"/>.</summary>
internal interface IFilteredExchange
{
    /// <summary>All that is known of it.</summary>
    HttpExchange Exchange { get; }

    /// <summary>The worker that owns it.</summary>
    Worker Worker { get; }

    /// <summary>What filters share.</summary>
    FilterServices Services { get; }

    /// <summary>The counters of its connection manager.</summary>
    HttpConnectionManagerStats Stats { get; }

    /// <summary>The scope of those: what a filter adds beside it goes with it.</summary>
    StatScope StatScope { get; }

    /// <summary>What stands for the client's connection.</summary>
    object Connection { get; }

    /// <summary>Whether its route leads to a cluster.</summary>
    bool IsForwarded { get; }

    /// <summary>The cluster that it goes to; null when it goes to none.</summary>
    WorkerCluster? Cluster { get; }

    /// <summary>What the request is to rate limits by where it goes.</summary>
    RouteDescriptors RouteDescriptors { get; }

    /// <summary>What makes the answer's body another one on its way to the client; null leaves it as it is.</summary>
    BodyEncoder? BodyEncoder { get; set; }

    /// <summary>Has the route chosen again, by the request as it is now. Gives the filters of that route.</summary>
    PlacedFilter[] ChooseRouteAgain();

    /// <summary>Ends it with this reply, or cuts the answer where that has begun.</summary>
    void Refuse(LocalReply reply);

    /// <summary>Whether the request was read to its end.</summary>
    bool IsRequestRead { get; }

    /// <summary>Reads the request whole, or with <paramref name="takesPart"/> so many bytes of it. Null when that is there; otherwise the reply to give.</summary>
    ValueTask<LocalReply?> BufferRequestAsync(long maxBytes, bool takesPart);

    /// <summary>Takes the body off the answer whose head is there: at most so many bytes of it, and nobody else gets any.</summary>
    ValueTask<ReadOnlyMemory<byte>> TakeAnswerAsync(int maxBytes);

    /// <summary>Copies the body that was read.</summary>
    void CopyBufferedRequest(IBufferWriter<byte> destination);

    /// <summary>Sends an interim answer. False: the client is gone.</summary>
    ValueTask<bool> SendInterimAsync(ResponseHead head);
}
