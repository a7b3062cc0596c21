using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidegate.Pilot.Tests.Snapshots;

/// <summary>An issuer on a free port of the loopback address: answers requests with what was put at their path, and counts them.</summary>
internal sealed class IssuerServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public IssuerServer()
    {
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    /// <summary>Where it is, without a slash at the end.</summary>
    public string Address { get; }

    /// <summary>The answers by path: a status, a further field of the head (or nothing), and the body. A path without one is never answered.</summary>
    public ConcurrentDictionary<string, (int Status, string Field, string Body)> Answers { get; } = new();

    /// <summary>The paths that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
                string path = (await reader.ReadLineAsync(_stop.Token))?.Split(' ')[1] ?? string.Empty;
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
                {
                }

                Asked.Enqueue(path);
                if (!Answers.TryGetValue(path, out (int Status, string Field, string Body) answer))
                {
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                }

                string head = $"HTTP/1.1 {answer.Status} x\r\nconnection: close\r\ncontent-length: {Encoding.UTF8.GetByteCount(answer.Body)}\r\n{(answer.Field.Length > 0 ? answer.Field + "\r\n" : string.Empty)}\r\n";
                await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(head + answer.Body), _stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // The one who asks has gone, or the test is over.
            }
        }
    }
}
