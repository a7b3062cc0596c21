using System.Globalization;

namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What is counted of the calls of one gRPC method, or of all that have no counters of their own, below <c>cluster.NAME.grpc.</c> (Envoy: <c>grpc_stats</c>): statuses by number,
/// <c>success</c>, <c>failure</c>, <c>total</c>, <c>request_message_count</c>, <c>response_message_count</c>. Each is there once it was used. Owned by one worker.
/// </summary>
/// <param name="counters">Where they are.</param>
/// <param name="prefix">What stands before the names, with its last dot; empty for the calls without a name.</param>
public sealed class GrpcMethodCounters(NamedCounters counters, string prefix)
{
    // gRPC's statuses, 0 to 16; others are failures without a name.
    private readonly NamedCounter?[] _statuses = new NamedCounter?[17];
    private NamedCounter? _success;
    private NamedCounter? _failure;
    private NamedCounter? _total;
    private NamedCounter? _requestMessages;
    private NamedCounter? _responseMessages;

    /// <summary>A call has ended with a status; -1 is one that is no number.</summary>
    public void CountStatus(int status)
    {
        if (status >= 0 && status < _statuses.Length)
        {
            (_statuses[status] ??= Of(status.ToString(CultureInfo.InvariantCulture))).Value++;
        }

        NamedCounter outcome = status == 0 ? _success ??= Of("success") : _failure ??= Of("failure");
        outcome.Value++;
        (_total ??= Of("total")).Value++;
    }

    /// <summary>So many messages have passed in a call.</summary>
    public void CountMessages(long ofRequest, long ofResponse)
    {
        if (ofRequest > 0)
        {
            (_requestMessages ??= Of("request_message_count")).Value += ofRequest;
        }

        if (ofResponse > 0)
        {
            (_responseMessages ??= Of("response_message_count")).Value += ofResponse;
        }
    }

    private NamedCounter Of(string name) => counters.Of(prefix + name);
}
