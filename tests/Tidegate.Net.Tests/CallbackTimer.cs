using Tidegate.Net.Timers;

namespace Tidegate.Net.Tests;

/// <summary>A timer that calls back.</summary>
internal sealed class CallbackTimer(Action callback) : LoopTimer
{
    protected override void OnExpired() => callback();
}
